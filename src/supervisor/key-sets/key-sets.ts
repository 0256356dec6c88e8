import type { KeySetOptions } from '../../decision/policies/jwt/jwt-options.ts';
import type { KeySetStatus } from '../admin/status.ts';
import { FetchedKeySet, type KeySetEvents } from './key-set.ts';

/** How long a new config waits for the first answer about the sets it names. */
const FIRST_ANSWER_MS = 3000;

/** Every key set that the config in force names. Only the supervisor asks for them: acceptors are sent what it got. */
export class KeySets {
  readonly #events: KeySetEvents;
  readonly #sets = new Map<string, FetchedKeySet>();

  constructor(events: KeySetEvents) {
    this.#events = events;
  }

  /** Those of which there is something to tell. */
  get settled(): readonly FetchedKeySet[] {
    return [...this.#sets.values()].filter(({ isSettled }) => isSettled);
  }

  /**
   * Goes by these from now on: fetches those that are new, forgets those that are not named any more.
   *
   * @returns resolves when something is known of each, or after FIRST_ANSWER_MS
   */
  async use(wanted: readonly KeySetOptions[]): Promise<void> {
    const urls = new Set(wanted.map(({ url }) => url));
    for (const [url, set] of this.#sets) {
      if (urls.has(url)) continue;
      set.close();
      this.#sets.delete(url);
    }
    for (const options of wanted) {
      const known = this.#sets.get(options.url);
      if (known !== undefined) known.options = options;
      else this.#add(options);
    }
    await this.#allSettled();
  }

  onUnknownKey(url: string, kid: string): void {
    this.#sets.get(url)?.onUnknownKey(kid);
  }

  get statuses(): readonly KeySetStatus[] {
    return [...this.#sets.values()].map(({ status }) => status);
  }

  close(): void {
    for (const set of this.#sets.values()) set.close();
    this.#sets.clear();
  }

  #add(options: KeySetOptions): void {
    const set = new FetchedKeySet(options, this.#events);
    this.#sets.set(options.url, set);
    void set.fetch();
  }

  async #allSettled(): Promise<void> {
    let timer: NodeJS.Timeout | null = null;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_ANSWER_MS).unref();
    });
    await Promise.race([Promise.all([...this.#sets.values()].map(({ settled }) => settled)), late]);
    clearTimeout(timer!);
  }
}
