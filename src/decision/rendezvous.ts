/**
 * Weighted rendezvous hashing: every key has an order of preference among the candidates, and takes the first that is there
 * (Thaler and Ravishankar, 1998; weights: Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", 2005). One more
 * candidate takes its share of the keys and no other key moves; one less gives its keys to the others in their shares. There is no ring
 * to build or to keep; a choice costs one hash step for each candidate.
 */
export interface Candidate {
  readonly name: string;
  /** 0: never chosen. */
  readonly weight: number;
}

/** Gives each candidate keys in proportion to its weight, by names alone. */
export class Rendezvous {
  readonly #seeds: readonly number[];
  readonly #weights: readonly number[];

  constructor(candidates: readonly Candidate[]) {
    this.#seeds = candidates.map(({ name }) => hashText(name));
    this.#weights = candidates.map(({ weight }) => weight);
  }

  /** @returns the index of the key's first candidate that is not excluded; -1: there is none */
  choose(key: string, excluded: ReadonlySet<number>): number {
    const hash = hashText(key);
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.#seeds.length; i++) {
      const weight = this.#weights[i]!;
      if (weight === 0 || excluded.has(i)) continue;
      // From above 0 to below 1, so that its logarithm is a finite number below 0.
      const unit = (mix(hash ^ this.#seeds[i]!) + 0.5) / 2 ** 32;
      const score = -weight / Math.log(unit);
      if (score <= highest) continue;
      highest = score;
      best = i;
    }
    return best;
  }
}

/** FNV-1a over UTF-16 units, then mixed: no protection against keys that were chosen to collide, and none is needed. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** The finaliser of MurmurHash3: every bit of the input moves half of the output's. @returns an unsigned 32-bit number */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
