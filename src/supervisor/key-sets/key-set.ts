import type { KeySetOptions } from '../../decision/policies/jwt/jwt-options.ts';
import type { Jwk } from '../../decision/policies/jwt/verification-key.ts';
import type { KeySetStatus } from '../admin/status.ts';
import { fetchKeySet } from './fetch-key-set.ts';

/** When a response says four fifths of this, a slow or repeated fetch still comes before it runs out. */
const REFRESH_AT = 0.8;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** What a key set tells whoever keeps it. */
export interface KeySetEvents {
  /** There are other keys than before, or, the first time, none: acceptors have to hear of it. */
  onKeys(set: FetchedKeySet): void;
  /** A sentence for the operator. */
  onReport(message: string): void;
}

/**
 * One key set, kept fresh.
 *
 *   fetching ──► keys ──► wait (max-age, bounded) ──► fetching
 *      ▲  └────► failure, the old keys go on ──► wait (1 s, 2 s, ... 1 min) ──► fetching
 *      └── a token names an unknown key, and the last fetch is longer ago than `cooldown`
 */
export class FetchedKeySet {
  options: KeySetOptions;
  /** Null: not had yet, or older than `maxStale`. */
  keys: readonly Jwk[] | null = null;
  /** Whether the first fetch has ended, in whichever way. */
  isSettled = false;
  /** Resolves when it has. */
  readonly settled: Promise<void>;
  readonly #events: KeySetEvents;
  #skipped: readonly string[] = [];
  #fetchedAt: Date | null = null;
  #lastError: { readonly at: Date; readonly message: string } | null = null;
  #failures = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #underWay: AbortController | null = null;
  #resolveSettled = (): void => {};
  #refresh: NodeJS.Timeout | null = null;
  #expiry: NodeJS.Timeout | null = null;

  constructor(options: KeySetOptions, events: KeySetEvents) {
    this.options = options;
    this.#events = events;
    this.settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Never rejects. A call while another is under way does nothing. */
  async fetch(): Promise<void> {
    if (this.#underWay !== null || this.#isClosed) return;
    this.#underWay = new AbortController();
    this.#askedAt = performance.now();
    try {
      const { keys, skipped, maxAgeMs } = await fetchKeySet(this.options.url, this.options.timeout, this.#underWay);
      if (!this.#isClosed) this.#take(keys, skipped, maxAgeMs);
    } catch (error) {
      if (!this.#isClosed) this.#fail((error as Error).message);
    }
    this.#underWay = null;
  }

  /** A token names a key that is not among the keys. */
  onUnknownKey(kid: string): void {
    if (this.keys?.some((key) => key['kid'] === kid)) return;
    if (performance.now() - this.#askedAt >= this.options.cooldown) void this.fetch();
  }

  close(): void {
    this.#isClosed = true;
    this.#underWay?.abort();
    if (this.#refresh !== null) clearTimeout(this.#refresh);
    if (this.#expiry !== null) clearTimeout(this.#expiry);
  }

  /** Without a query: there may be a secret in it. */
  get shownUrl(): string {
    const { origin, pathname } = new URL(this.options.url);
    return origin + pathname;
  }

  get status(): KeySetStatus {
    return {
      url: this.shownUrl,
      keys: this.keys?.length ?? null,
      fetchedAt: this.#fetchedAt?.toISOString() ?? null,
      isStale: this.#failures > 0,
      skipped: this.#skipped,
      lastError:
        this.#lastError === null ? null : { at: this.#lastError.at.toISOString(), message: this.#lastError.message },
    };
  }

  #take(keys: readonly Jwk[], skipped: readonly string[], maxAgeMs: number | null): void {
    const { refreshMin, refreshMax, maxStale } = this.options;
    if (this.#failures > 0) this.#events.onReport(`key set ${this.shownUrl} is there again`);
    if (JSON.stringify(skipped) !== JSON.stringify(this.#skipped) && skipped.length > 0)
      this.#events.onReport(`key set ${this.shownUrl} holds keys that are not used: ${skipped.join('; ')}`);
    this.#failures = 0;
    this.#lastError = null;
    this.#skipped = skipped;
    this.#fetchedAt = new Date();
    this.#settle(JSON.stringify(keys) === JSON.stringify(this.keys) ? this.keys : keys);
    const wanted = Math.min(refreshMax, Math.max(refreshMin, maxAgeMs === null ? refreshMax : maxAgeMs * REFRESH_AT));
    // Never so late that good keys would be dropped.
    this.#fetchIn(maxStale === 0 ? wanted : Math.min(wanted, maxStale * REFRESH_AT));
    this.#expireIn(maxStale);
  }

  #fail(message: string): void {
    const hasKeys = this.keys !== null;
    if (this.#failures === 0)
      this.#events.onReport(
        `key set ${this.shownUrl} ${message}; ${hasKeys ? 'the old keys go on' : 'there are none'}`,
      );
    this.#failures++;
    this.#lastError = { at: new Date(), message };
    this.#settle(this.keys);
    this.#fetchIn(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1)));
  }

  #settle(keys: readonly Jwk[] | null): void {
    const isNew = !this.isSettled || keys !== this.keys;
    this.isSettled = true;
    this.keys = keys;
    if (isNew) this.#events.onKeys(this);
    this.#resolveSettled();
  }

  #fetchIn(ms: number): void {
    if (this.#refresh !== null) clearTimeout(this.#refresh);
    this.#refresh = setTimeout(() => void this.fetch(), ms).unref();
  }

  /** Drops the keys when no fetch has worked for that long. 0: never. */
  #expireIn(maxStale: number): void {
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    if (maxStale === 0) return;
    this.#expiry = setTimeout(() => {
      this.#events.onReport(`key set ${this.shownUrl} is older than it may be: its keys are used no more`);
      this.#settle(null);
    }, maxStale).unref();
  }
}
