/**
 * What an acceptor has stored, for all its cache policies together. It outlives policies and snapshots, and shares nothing with
 * other acceptors.
 *
 *   primary key ──► shelf: the variants of one response (Vary)      at most SHELF_VARIANTS, an LRU by bytes
 *   path        ──► primary keys with that path                     for invalidation and purging
 *   fill key    ──► the fill under way                              one for many waiting requests
 *   fill key    ──► known to be uncacheable, until when             an LRU by bytes
 *   path        ──► number of its last invalidation                 so that a response asked for before is not stored after
 */
import { LRUCache } from 'lru-cache';
import { Fill } from './fill.ts';
import type { Purge } from './purge.ts';
import type { StoredResponse } from './stored-response.ts';

/** Of more variants the oldest is dropped: a client can make up as many as it likes. */
const SHELF_VARIANTS = 16;
/** Share of the memory that one shelf may take. */
const SHELF_SHARE = 4;
/** Share that unfinished fills may take beside the store. */
const FILLING_SHARE = 4;
/** Share that the memory of uncacheable responses takes beside it. */
const PASSED_SHARE = 16;
const KEY_OVERHEAD_BYTES = 256;
const KNOWN_INVALIDATIONS = 10_000;
const MOST_REFRESHES = 128;

interface Shelf {
  readonly host: string;
  readonly path: string;
  /** The newest first. */
  readonly variants: readonly StoredResponse[];
}

/** Where a request's responses stand. */
export interface Place {
  readonly key: string;
  /** As the route saw it, whatever port and proxy the key names besides. */
  readonly host: string;
  readonly path: string;
}

export class ResponseStore {
  readonly #maxBytes: number;
  readonly #shelves: LRUCache<string, Shelf>;
  readonly #keysByPath = new Map<string, Set<string>>();
  readonly #fills = new Map<string, Fill>();
  readonly #passed: LRUCache<string, number>;
  readonly #invalidated = new LRUCache<string, number>({
    max: KNOWN_INVALIDATIONS,
    noDisposeOnSet: true,
    dispose: (at) => this.#forget(at),
  });
  /** Invalidations so far. */
  #invalidations = 0;
  /** Every path counts as invalidated at this one. */
  #allInvalidated = 0;
  #fillingBytes = 0;
  #refreshes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#shelves = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: sizeOfShelf,
      noDisposeOnSet: true,
      dispose: (shelf, key) => this.#unlist(shelf.path, key),
    });
    this.#passed = new LRUCache({
      maxSize: Math.max(1, Math.floor(maxBytes / PASSED_SHARE)),
      sizeCalculation: (_, key) => key.length * 2 + KEY_OVERHEAD_BYTES,
    });
  }

  get bytes(): number {
    return this.#shelves.calculatedSize;
  }

  get entries(): number {
    return this.#shelves.size;
  }

  // ── Responses ──

  variants(key: string): readonly StoredResponse[] {
    return this.#shelves.get(key)?.variants ?? [];
  }

  /**
   * Puts a response in the place of those it replaces: the same variant, and all that were told apart by other headers, since the
   * newest response says which those are.
   */
  put({ key, host, path }: Place, response: StoredResponse): void {
    const names = JSON.stringify(response.varyNames);
    const others = this.variants(key).filter(
      (other) => other.varyValues !== response.varyValues && JSON.stringify(other.varyNames) === names,
    );
    const variants = [response, ...others].slice(0, SHELF_VARIANTS);
    const limit = this.#maxBytes / SHELF_SHARE;
    while (variants.length > 1 && variants.reduce((sum, { bytes }) => sum + bytes, 0) > limit) variants.pop();
    this.#list(path, key);
    this.#shelves.set(key, { host, path, variants });
    // Too large for the store: it was not taken, and nothing is disposed of that never was in.
    if (!this.#shelves.has(key)) this.#unlist(path, key);
  }

  /** Drops one variant, if it is still there. */
  remove(key: string, response: StoredResponse): void {
    const shelf = this.#shelves.get(key);
    if (shelf === undefined) return;
    const variants = shelf.variants.filter((other) => other !== response);
    if (variants.length === 0) this.#shelves.delete(key);
    else this.#shelves.set(key, { ...shelf, variants });
  }

  // ── Fills ──

  /** @returns the fill that has been begun by this call, or the one that is under way already */
  fill(fillKey: string): { readonly fill: Fill; readonly isOwn: boolean } {
    const running = this.#fills.get(fillKey);
    if (running !== undefined) return { fill: running, isOwn: false };
    const fill = new Fill();
    this.#fills.set(fillKey, fill);
    return { fill, isOwn: true };
  }

  isFilling(fillKey: string): boolean {
    return this.#fills.has(fillKey);
  }

  endFill(fillKey: string, fill: Fill, outcome: Parameters<Fill['end']>[0]): void {
    if (this.#fills.get(fillKey) === fill) this.#fills.delete(fillKey);
    fill.end(outcome);
  }

  /** Room for a part of a body that is not complete yet. False: there is none left. */
  reserve(bytes: number): boolean {
    if (this.#fillingBytes + bytes > this.#maxBytes / FILLING_SHARE) return false;
    this.#fillingBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#fillingBytes -= bytes;
  }

  get fillingBytes(): number {
    return this.#fillingBytes;
  }

  /** Whether one more response may be asked for anew behind its client's back. */
  beginRefresh(): boolean {
    if (this.#refreshes >= MOST_REFRESHES) return false;
    this.#refreshes++;
    return true;
  }

  endRefresh(): void {
    this.#refreshes--;
  }

  /** @param now by the monotonic clock */
  isPassed(fillKey: string, now: number): boolean {
    const until = this.#passed.get(fillKey);
    return until !== undefined && now < until;
  }

  pass(fillKey: string, until: number): void {
    this.#passed.set(fillKey, until);
  }

  dontPass(fillKey: string): void {
    this.#passed.delete(fillKey);
  }

  // ── Invalidation ──

  /** The number of the last invalidation: what a request that begins now keeps for `isOutdated`. */
  get epoch(): number {
    return this.#invalidations;
  }

  /** Whether what was asked for at that epoch may have been changed since. */
  isOutdated({ host, path }: Place, epoch: number): boolean {
    return this.#allInvalidated > epoch || (this.#invalidated.get(pathKey(host, path)) ?? 0) > epoch;
  }

  /** Drops every response of a path, whatever its query, route and identity. @returns how many */
  invalidate(host: string, path: string): number {
    this.#invalidated.set(pathKey(host, path), ++this.#invalidations);
    return this.#dropPath(path, host);
  }

  /** @returns how many responses were dropped */
  purge(purge: Purge): number {
    this.#allInvalidated = ++this.#invalidations;
    if (purge.path !== undefined) return this.#dropPath(purge.path, purge.host ?? null);
    let dropped = 0;
    for (const [key, shelf] of [...this.#shelves.entries()]) {
      if (purge.host !== undefined && shelf.host !== purge.host) continue;
      if (purge.prefix !== undefined) {
        if (shelf.path.startsWith(purge.prefix)) dropped += this.#drop(key, shelf);
      } else dropped += this.#dropKeyed(key, shelf, purge.key!);
    }
    return dropped;
  }

  #dropPath(path: string, host: string | null): number {
    let dropped = 0;
    for (const key of [...(this.#keysByPath.get(path) ?? [])]) {
      const shelf = this.#shelves.peek(key);
      if (shelf !== undefined && (host === null || shelf.host === host)) dropped += this.#drop(key, shelf);
    }
    return dropped;
  }

  #drop(key: string, { variants }: Shelf): number {
    this.#shelves.delete(key);
    return variants.length;
  }

  #dropKeyed(key: string, shelf: Shelf, surrogateKey: string): number {
    const kept = shelf.variants.filter(({ surrogateKeys }) => !surrogateKeys.includes(surrogateKey));
    if (kept.length === 0) return this.#drop(key, shelf);
    if (kept.length < shelf.variants.length) this.#shelves.set(key, { ...shelf, variants: kept });
    return shelf.variants.length - kept.length;
  }

  #forget(at: number): void {
    this.#allInvalidated = Math.max(this.#allInvalidated, at);
  }

  #list(path: string, key: string): void {
    let keys = this.#keysByPath.get(path);
    if (keys === undefined) {
      keys = new Set();
      this.#keysByPath.set(path, keys);
    }
    keys.add(key);
  }

  #unlist(path: string, key: string): void {
    const keys = this.#keysByPath.get(path);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByPath.delete(path);
  }
}

function sizeOfShelf({ variants, path }: Shelf, key: string): number {
  return variants.reduce((sum, { bytes }) => sum + bytes, (key.length + path.length) * 2 + KEY_OVERHEAD_BYTES);
}

function pathKey(host: string, path: string): string {
  return `${host}\n${path}`;
}
