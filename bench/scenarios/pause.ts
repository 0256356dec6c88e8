import { setTimeout as delay } from 'node:timers/promises';

/** Waits. @returns false when it was cut short, because measuring has ended */
export async function pause(ms: number, until: AbortSignal): Promise<boolean> {
  return delay(ms, true, { signal: until }).catch(() => false);
}
