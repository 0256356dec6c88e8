import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Millis } from '../../brand.ts';
import { QUOTA, type Quotas } from '../../decision/policies/host.ts';
import { gatewayLog } from '../../telemetry/gateway-log.ts';
import { type CounterKey, openQuotaFile, type QuotaFile } from './quota-file.ts';

/** A lease is at most this share of what is left, so that acceptors seldom hold what others are asked for. */
const LEASE_SHARE = 256;
const LARGEST_LEASE = 256;
const KEPT_LEASES = 65_536;
/** How long a counter that was found empty is not looked at again: another acceptor may have given something back. */
const EMPTY_MS = 1000;
/** How long a store that failed is left alone. */
const RETRY_MS = 1000;
const PURGE_EVERY_MS = 60_000;
/** A clock that is set back finds the counters of the window it is in again. */
const PURGE_DELAY_MS = 3_600_000;
const REPORT_EVERY_MS = 60_000;

/** What this acceptor has taken out of a counter and not spent. */
interface Lease {
  readonly key: CounterKey;
  held: number;
  /** Left in the store when it was last asked. */
  leftInStore: number;
  /** Empty until then; 0: not known to be. */
  emptyUntil: number;
}

export interface QuotaStoreParts {
  readonly open: (folder: string) => QuotaFile;
  readonly now: () => number;
  readonly report: (message: string) => void;
}

/**
 * The quotas of one acceptor. It takes what it gives out from the store beforehand, a little at a time, so that however many
 * acceptors there are and whichever is killed, never more is given out than there was: what a killed one held is lost.
 *
 *   store:    used 700 of 1000  ──lease──►  acceptor 1 holds 1
 *                               ──lease──►  acceptor 2 holds 1     (300 / 256, at least 1)
 */
export class QuotaStore implements Quotas {
  readonly #parts: QuotaStoreParts;
  readonly #leases = new LRUCache<string, Lease>({
    max: KEPT_LEASES,
    dispose: (lease, _, reason) => {
      if (reason !== 'set') this.#giveBack(lease);
    },
  });
  #folder: string | null = null;
  #file: QuotaFile | null = null;
  #failedUntil = Number.NEGATIVE_INFINITY;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #purgeAt = Number.NEGATIVE_INFINITY;

  constructor(parts: Partial<QuotaStoreParts> = {}) {
    this.#parts = { open: openQuotaFile, now: () => performance.now(), report: reportToOperator, ...parts };
  }

  /** Says where the store is; null: no quota needs one. */
  use(folder: string | null): void {
    if (folder === this.#folder) return;
    this.close();
    this.#folder = folder;
    this.#failedUntil = Number.NEGATIVE_INFINITY;
    if (folder !== null) this.#opened();
  }

  take(counter: string, limit: number, windowEnd: Millis, now: Millis): number {
    const name = `${windowEnd} ${counter}`;
    const lease = this.#leases.get(name);
    if (lease !== undefined) {
      if (lease.held > 0) return spend(lease);
      if (this.#parts.now() < lease.emptyUntil) return QUOTA.EXCEEDED;
    }
    const known = lease ?? { key: [windowEnd, digestOf(counter)], held: 0, leftInStore: 0, emptyUntil: 0 };
    if (!this.#refill(known, limit, now)) return QUOTA.UNAVAILABLE;
    if (lease === undefined) this.#leases.set(name, known);
    if (known.held > 0) return spend(known);
    known.emptyUntil = this.#parts.now() + EMPTY_MS;
    return QUOTA.EXCEEDED;
  }

  /** Gives back what is not spent. */
  close(): void {
    this.#leases.clear();
    try {
      this.#file?.close();
    } catch (error) {
      this.#fail(error);
    }
    this.#file = null;
    this.#folder = null;
  }

  #refill(lease: Lease, limit: number, now: Millis): boolean {
    const file = this.#opened();
    if (file === null) return false;
    let granted = 0;
    let left = 0;
    try {
      this.#purge(file, now);
      file.update(lease.key, (used) => {
        left = Math.max(0, limit - used);
        granted = Math.min(left, LARGEST_LEASE, Math.max(1, Math.floor(left / LEASE_SHARE)));
        return used + granted;
      });
    } catch (error) {
      this.#fail(error);
      return false;
    }
    lease.held = granted;
    lease.leftInStore = left - granted;
    return true;
  }

  #giveBack(lease: Lease): void {
    if (lease.held === 0 || this.#file === null) return;
    try {
      this.#file.update(lease.key, (used) => Math.max(0, used - lease.held));
      lease.held = 0;
    } catch (error) {
      this.#fail(error);
    }
  }

  #purge(file: QuotaFile, now: Millis): void {
    if (this.#parts.now() < this.#purgeAt) return;
    this.#purgeAt = this.#parts.now() + PURGE_EVERY_MS;
    file.purge(now - PURGE_DELAY_MS);
  }

  #opened(): QuotaFile | null {
    if (this.#parts.now() < this.#failedUntil) return null;
    if (this.#file === null && this.#folder !== null) {
      try {
        this.#file = this.#parts.open(this.#folder);
      } catch (error) {
        this.#fail(error);
      }
    }
    return this.#file;
  }

  /** The file stays open: a disk may have room again. */
  #fail(error: unknown): void {
    const now = this.#parts.now();
    this.#failedUntil = now + RETRY_MS;
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    const what = error instanceof Error ? error.message : String(error);
    this.#parts.report(`quotas cannot be kept in ${this.#folder}: ${what}`);
  }
}

function spend(lease: Lease): number {
  lease.held--;
  return lease.leftInStore + lease.held;
}

/** Names hold what clients send, of any length. */
function digestOf(counter: string): string {
  return createHash('sha256').update(counter, 'utf8').digest('base64');
}

function reportToOperator(message: string): void {
  gatewayLog.warn(message);
}
