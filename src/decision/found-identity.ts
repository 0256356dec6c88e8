import type { Consumer } from './consumers.ts';

/** Verified claims of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a policy found out about who asks. */
export interface Identity {
  readonly consumer: Consumer | null;
  readonly claims: Claims | null;
}

const NO_IDENTITIES: readonly Identity[] = [];

/** Who a request was found to come from. */
export class FoundIdentity {
  #consumer: Consumer | null = null;
  #claims: Claims | null = null;
  #earlier: Identity[] | null = null;

  /** Of several policies that find one, the last one's stands. */
  get consumer(): Consumer | null {
    return this.#consumer;
  }

  set consumer(found: Consumer | null) {
    if (this.#consumer !== null && this.#consumer !== found) this.#replace({ consumer: this.#consumer, claims: null });
    this.#consumer = found;
  }

  get claims(): Claims | null {
    return this.#claims;
  }

  set claims(found: Claims | null) {
    if (this.#claims !== null && this.#claims !== found) this.#replace({ consumer: null, claims: this.#claims });
    this.#claims = found;
  }

  /** Who else the request was found to come from before: the upstream may have been told of them, too. */
  get earlierIdentities(): readonly Identity[] {
    return this.#earlier ?? NO_IDENTITIES;
  }

  #replace(identity: Identity): void {
    this.#earlier ??= [];
    this.#earlier.push(identity);
  }

  /** What was found about another request stands for this one. */
  protected takeIdentityFrom({ consumer, claims, earlierIdentities }: FoundIdentity): void {
    this.#consumer = consumer;
    this.#claims = claims;
    this.#earlier = earlierIdentities.length === 0 ? null : [...earlierIdentities];
  }
}
