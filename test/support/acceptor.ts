/** What can be seen of a gateway's acceptor from outside. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';

const MIB = 1024 * 1024;
/** An acceptor publishes its counts once a second: older ones say nothing. */
const PUBLISHED_MS = 1_100;
const SETTLE_MS = 8_000;

/** Memory of a process, watched from the moment this is made. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #startMiB: number;

  constructor(pid: number) {
    this.#pid = pid;
    // Takes the peak back to what is resident now (proc(5), /proc/pid/clear_refs).
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    this.#startMiB = this.#read('VmRSS');
  }

  #read(field: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return (Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024) / MIB;
  }

  /** By how much the resident memory has grown at its highest, in MiB. */
  get peakGrowthMiB(): number {
    return this.#read('VmHWM') - this.#startMiB;
  }

  /** By how much it is larger now, in MiB. */
  get growthMiB(): number {
    return this.#read('VmRSS') - this.#startMiB;
  }
}

interface AcceptorCounts {
  readonly exchangesInFlight: number;
  readonly openConnections: number;
}

/** Waits until the acceptors of a gateway report that they hold no exchange: whatever was left behind would show here. */
export async function nothingInFlight(gateway: Gateway): Promise<void> {
  const giveUpAt = performance.now() + SETTLE_MS;
  await delay(PUBLISHED_MS);
  for (;;) {
    const { acceptors } = (await gateway.status()) as unknown as { acceptors: readonly AcceptorCounts[] };
    const inFlight = acceptors.reduce((sum, { exchangesInFlight }) => sum + exchangesInFlight, 0);
    if (inFlight === 0) return;
    if (performance.now() > giveUpAt) throw new Error(`${inFlight} exchanges are still in flight`);
    await delay(100);
  }
}
