import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;
const SAME_LOOKS = 12;

/**
 * Waits until a growing number has stopped growing, which is how back-pressure looks from outside: nothing announces it.
 *
 * @returns the number it stopped at
 */
export async function standsStill(read: () => number): Promise<number> {
  let seen = read();
  for (let same = 0; same < SAME_LOOKS; ) {
    await delay(LOOK_EVERY_MS);
    const now = read();
    same = now === seen ? same + 1 : 0;
    seen = now;
  }
  return seen;
}
