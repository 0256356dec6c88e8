/** Time as policies of an acceptor have it: the machine's. */
import type { Millis } from '../../brand.ts';
import type { Clock, Timers } from '../../decision/policies/host.ts';

/** From the clock of this process, which begins with it, to that of the machine: both are CLOCK_MONOTONIC. */
const PROCESS_OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const SYSTEM_CLOCK: Clock = {
  wall: () => Date.now() as Millis,
  monotonic: () => (performance.now() + PROCESS_OFFSET_MS) as Millis,
};

export const SYSTEM_TIMERS: Timers = {
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
