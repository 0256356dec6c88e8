import { setTimeout as delay } from 'node:timers/promises';
import type { RecordingOrder } from '../../ipc.ts';
import type { SecretPlaces } from '../../recording/secret-names.ts';
import { Recorder, type SendBatch } from './recorder.ts';

/** The recorder that records, if there is one, and the one before it, which may still have something to tell. */
export class Recorders {
  /** Null: nobody records. */
  current: Recorder | null = null;
  #last: Recorder | null = null;
  #places: SecretPlaces = { headers: [], queries: [] };

  /** Takes over where the config in force says that credentials are. */
  use(places: SecretPlaces): void {
    this.#places = places;
    this.current?.hide(places);
  }

  start(order: RecordingOrder, send: SendBatch): void {
    this.#stopCurrent(0);
    this.current = new Recorder(order, this.#places, send);
  }

  /** @param withinMs what exchanges under way have to end */
  stop(recording: number, withinMs: number): void {
    if (this.current?.recording === recording) this.#stopCurrent(withinMs);
  }

  /** Tells what is left, for at most `limitMs`. */
  async close(limitMs: number): Promise<void> {
    this.#stopCurrent(0);
    if (this.#last !== null) await Promise.race([this.#last.stop(0), delay(limitMs)]);
  }

  #stopCurrent(withinMs: number): void {
    if (this.current === null) return;
    this.#last = this.current;
    void this.current.stop(withinMs);
    this.current = null;
  }
}
