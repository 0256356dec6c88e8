import { Masking } from '../dry-gateway/masking.ts';
import { outgoingRequest } from '../dry-gateway/outgoing-request.ts';
import type { Change } from './change.ts';
import type { Decided } from './decided.ts';
import type { Secrets } from './secrets.ts';

/** How many are shown of each group and rule. */
export const EXAMPLES = 3;

/** A request of the recording, without secrets. */
export interface ChangeExample {
  /** Of the recording. */
  readonly line: number;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** What the upstream is asked for before and after, where that is what changes. */
  readonly targets: readonly [before: string, after: string] | null;
}

/** Makes examples of requests that change. */
export class Examples {
  readonly #secrets: Secrets;
  readonly #masking = new Masking();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  of({ line, exchange: { method, host, path }, difference, before, after }: Change): ChangeExample {
    const isTarget = difference.parts.includes('path') || difference.parts.includes('query');
    return {
      line,
      method,
      host,
      path: this.#shown(path),
      targets: isTarget && before !== null ? [this.#target(before), this.#target(after)] : null,
    };
  }

  #target({ exchange }: Decided): string {
    return this.#shown(outgoingRequest(exchange).target);
  }

  #shown(target: string): string {
    return this.#masking.target(this.#secrets.hide(target));
  }
}
