import type { CompiledGlobals } from '../config/compiled.ts';
import { type Identity, IdentityBook } from '../identities.ts';

/** The certificates and keys of an acceptor, as the supervisor sends them. Nothing is forgotten: an earlier config may come back. */
export class IdentityShelf extends IdentityBook {
  #wake: (() => void) | null = null;

  receive(identities: readonly Identity[]): void {
    for (const identity of identities) this.put(identity);
    this.#wake?.();
  }

  /** Resolves when all are there that the newest config names: without them nothing can be served. */
  async heard(newest: () => CompiledGlobals): Promise<void> {
    while (!this.covers(newest())) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }
}
