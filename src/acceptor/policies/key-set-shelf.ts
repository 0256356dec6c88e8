import type { KeySet, KeySetHandle, KeySets } from '../../decision/policies/host.ts';

/** Tokens with made-up key ids must not become messages: once in this time for each set. */
const REPORT_EVERY_MS = 1000;

class Handle implements KeySetHandle {
  current: KeySet | null = null;
  /** Whether the supervisor has said anything of it, if only that it cannot be had. */
  isHeard = false;
  #reportedAt = Number.NEGATIVE_INFINITY;
  readonly #report: (kid: string) => void;

  constructor(report: (kid: string) => void) {
    this.#report = report;
  }

  reportUnknown(kid: string): void {
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    this.#report(kid);
  }
}

/** The key sets of an acceptor, as the supervisor sends them. */
export class KeySetShelf implements KeySets {
  /** Tells the supervisor of a token whose key is unknown. */
  onUnknownKey: (url: string, kid: string) => void = () => {};
  readonly #handles = new Map<string, Handle>();
  #wake: (() => void) | null = null;

  open(url: string): KeySetHandle {
    return this.#handleOf(url);
  }

  /** @param keys null: they cannot be had */
  receive(url: string, keys: KeySet['keys'] | null): void {
    const handle = this.#handleOf(url);
    handle.current = keys === null ? null : { keys };
    handle.isHeard = true;
    this.#wake?.();
  }

  /** Resolves when something was heard of each of these sets, or after `limitMs`. */
  async heard(urls: readonly string[], limitMs: number): Promise<void> {
    const isHeard = (): boolean => urls.every((url) => this.#handleOf(url).isHeard);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake?.();
    }, limitMs);
    while (!isHeard() && !isLate) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
    this.#wake = null;
  }

  #handleOf(url: string): Handle {
    let handle = this.#handles.get(url);
    if (handle === undefined) {
      handle = new Handle((kid) => this.onUnknownKey(url, kid));
      this.#handles.set(url, handle);
    }
    return handle;
  }
}
