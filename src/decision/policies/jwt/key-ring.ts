/** The keys of one policy: its own, and those of the set it names, as they change. */
import type { KeySet, KeySetHandle } from '../host.ts';
import type { JwtOptions } from './jwt-options.ts';
import { readJwk, readKey, type VerificationKey } from './verification-key.ts';

/** Keys that a token without a key id is tried with: each costs a check of its signature. */
const MOST_TRIED = 8;

export class KeyRing {
  readonly #own: readonly VerificationKey[];
  readonly #algorithms: JwtOptions['algorithms'];
  readonly #handle: KeySetHandle | null;
  #seen: KeySet | null = null;
  #keys: readonly VerificationKey[];

  /** @throws TypeError for a key that cannot be used: the config was not checked */
  constructor(options: JwtOptions, handle: KeySetHandle | null) {
    this.#algorithms = options.algorithms;
    this.#own = options.keys.map((source) => {
      const key = readKey(source, options.algorithms);
      if (typeof key === 'string') throw new TypeError(`a key of the policy jwt ${key}`);
      return key;
    });
    this.#keys = this.#own;
    this.#handle = handle;
  }

  /** Looks whether the set has changed. True: it has, and nothing that was checked with the old one counts any more. */
  renew(): boolean {
    if (this.#handle === null || this.#handle.current === this.#seen) return false;
    this.#seen = this.#handle.current;
    const fetched = (this.#seen?.keys ?? []).map((jwk) => readJwk(jwk, this.#algorithms));
    this.#keys = [...this.#own, ...fetched.filter((key) => typeof key !== 'string')];
    return true;
  }

  /** Whether the set is still waited for. */
  get isIncomplete(): boolean {
    return this.#handle !== null && this.#seen === null;
  }

  /** Keys that a token may be of: those of its name; of no name, those that have none of their own; all, when it names none. */
  keysFor(kid: string | null): readonly VerificationKey[] {
    const named = kid === null ? this.#keys : this.#keys.filter((key) => key.kid === kid);
    return named.length > 0 ? named : this.#keys.filter((key) => key.kid === null);
  }

  /** Of those, the ones to try. */
  static triable(keys: readonly VerificationKey[], alg: string): readonly VerificationKey[] {
    return keys.filter(({ algorithms }) => (algorithms as readonly string[]).includes(alg)).slice(0, MOST_TRIED);
  }

  /** A token has named a key that is not here: there may be a newer set. */
  reportUnknown(kid: string): void {
    this.#handle?.reportUnknown(kid);
  }
}
