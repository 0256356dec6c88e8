import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { checkPassword } from '../../decision/passwords.ts';
import { PASSWORD, type PasswordResult, type Passwords } from '../../decision/policies/host.ts';

/** Each takes a thread of Node's pool, of which there are four, and 32 MiB: a flood of guesses gets no more than this. */
const RUNNING = 2;
/** Checks that wait for their turn: about a second of them. */
const WAITING = 16;
const REMEMBERED = 10_000;
const REMEMBERED_MS = 5 * 60_000;

/** The checks of passwords of one acceptor. */
export class PasswordChecks implements Passwords {
  /** What is remembered is a digest under a key that no other process has: of no use to who reads this memory later. */
  readonly #key = randomBytes(32);
  readonly #right = new LRUCache<string, true>({ max: REMEMBERED, ttl: REMEMBERED_MS });
  /** Several requests that come at once with the same password are one check. */
  readonly #underWay = new Map<string, Promise<PasswordResult>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  remembers(password: string, hashes: readonly string[]): boolean {
    return this.#right.has(this.#digest(password, hashes));
  }

  check(password: string, hashes: readonly string[]): Promise<PasswordResult> {
    const digest = this.#digest(password, hashes);
    const underWay = this.#underWay.get(digest);
    if (underWay !== undefined) return underWay;
    if (this.#running >= RUNNING && this.#waiting.length >= WAITING) return Promise.resolve(PASSWORD.OVERLOADED);
    const result = this.#run(password, hashes)
      .then((found) => {
        if (found === PASSWORD.RIGHT) this.#right.set(digest, true);
        return found;
      })
      .finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, result);
    return result;
  }

  async #run(password: string, hashes: readonly string[]): Promise<PasswordResult> {
    if (this.#running < RUNNING) this.#running++;
    // Whoever ends hands its place on.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await checkPassword(password, hashes);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** The hashes are part of it: a password that was changed is not remembered. */
  #digest(password: string, hashes: readonly string[]): string {
    return createHmac('sha256', this.#key).update(hashes.join(' ')).update('\0').update(password).digest('base64');
  }
}
