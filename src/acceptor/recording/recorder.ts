import type { RecordedBatch, RecordingOrder } from '../../ipc.ts';
import { Pseudonyms } from '../../recording/pseudonyms.ts';
import { SecretNames, type SecretPlaces } from '../../recording/secret-names.ts';
import type { ExchangeState } from '../exchange-state.ts';
import { isRecordable, lineOf } from './exchange-line.ts';
import { RecordedRequest } from './recorded-request.ts';

const SEND_EVERY_MS = 50;
/** An exchange that lasts longer is written as it stands, so that those after it need not wait: lines leave in order. */
const HOLD_MS = 10_000;
/** Characters of the lines in one batch, beyond which no further line is put into it. */
const BATCH_CHARACTERS = 256 * 1024;
/** Characters of lines that wait for the supervisor; what is more is dropped. */
const WAITING_CHARACTERS = 8 * 1024 * 1024;
/** Bytes of bodies kept for exchanges under way; with more, only their digests are taken. */
const KEPT_BODY_BYTES = 16 * 1024 * 1024;

/** @param sent to be called when the batch has left this process, or cannot */
export type SendBatch = (batch: RecordedBatch, sent: () => void) => void;

/**
 * Records the exchanges of one acceptor, as long as somebody records: otherwise there is none of these.
 *
 *   begin ──> #open ──ended──> #ended ──next turn──> #lines ──every 50 ms──> supervisor
 *               │                (hashing is done                │ one batch at a time; beyond
 *               └─ after 10 s ──> beside the sockets)            └ WAITING_CHARACTERS: dropped, counted
 */
export class Recorder {
  readonly recording: number;
  readonly #order: RecordingOrder;
  readonly #send: SendBatch;
  readonly #pseudonyms: Pseudonyms;
  readonly #names = new SecretNames();
  /** From this process's clock to the recording's. */
  readonly #clockOffset: number;
  /** In the order in which they began. */
  readonly #open = new Set<RecordedRequest>();
  #ended: RecordedRequest[] = [];
  #lines: (readonly [at: number, line: string])[] = [];
  #characters = 0;
  #keptBytes = 0;
  #dropped = 0;
  #isSending = false;
  /** When the last exchanges must have ended; infinite while the recording goes on. */
  #stopsAt = Number.POSITIVE_INFINITY;
  #isDone = false;
  readonly #timer: NodeJS.Timeout;
  readonly #renderEnded = () => this.#render();
  #resolveDone: () => void = () => {};
  readonly #done = new Promise<void>((resolve) => {
    this.#resolveDone = resolve;
  });

  /** @param places where the config says that credentials are */
  constructor(order: RecordingOrder, places: SecretPlaces, send: SendBatch) {
    this.recording = order.recording;
    this.#order = order;
    this.#send = send;
    this.#pseudonyms = new Pseudonyms(Buffer.from(order.key, 'base64'));
    this.hide(order.places);
    this.hide(places);
    this.#clockOffset = Number(process.hrtime.bigint()) / 1e6 - performance.now() - order.began;
    this.#timer = setInterval(() => this.#tick(), SEND_EVERY_MS);
    // Says that this acceptor records.
    this.#tick();
  }

  /** Takes these for places of secrets, too. */
  hide(places: SecretPlaces): void {
    this.#names.add(places);
  }

  /** A request head has arrived. */
  begin(exchange: ExchangeState): void {
    const { share, bodyBytes } = this.#order;
    if (share < 1 && exchange.acceptor.random() >= share) return;
    if (!isRecordable(exchange.downstream.head)) {
      this.#dropped++;
      return;
    }
    const keptBytes = exchange.body !== null && this.#keptBytes + bodyBytes <= KEPT_BODY_BYTES ? bodyBytes : 0;
    this.#keptBytes += keptBytes;
    exchange.recorded = new RecordedRequest(exchange, keptBytes, this);
    this.#open.add(exchange.recorded);
  }

  ended(request: RecordedRequest): void {
    // False: it was written as it stood.
    if (!this.#open.delete(request)) return;
    if (this.#ended.push(request) === 1) setImmediate(this.#renderEnded);
  }

  /**
   * Records nothing that begins from now on; nobody may call `begin` any more.
   *
   * @param withinMs what exchanges under way have to end; then they are written as they stand
   * @returns a promise that is kept when the last batch has left
   */
  stop(withinMs: number): Promise<void> {
    this.#stopsAt = Math.min(this.#stopsAt, performance.now() + withinMs);
    this.#tick();
    return this.#done;
  }

  #tick(): void {
    const now = performance.now();
    const mayLast = now >= this.#stopsAt ? Number.NEGATIVE_INFINITY : HOLD_MS;
    for (const request of this.#open) {
      if (now - request.startedAt < mayLast) break;
      this.#open.delete(request);
      this.#ended.push(request);
    }
    this.#render();
    this.#sendBatch();
  }

  /** Makes lines of what has ended. */
  #render(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const request of ended) {
      if (request.body !== null) this.#keptBytes -= request.body.keptBytes;
      if (this.#characters > WAITING_CHARACTERS) {
        this.#dropped++;
        continue;
      }
      const at = this.#timeOf(request.startedAt);
      const line = lineOf(request, at, this.#names, this.#pseudonyms);
      this.#lines.push([at, line]);
      this.#characters += line.length;
    }
  }

  #sendBatch(): void {
    if (this.#isSending || this.#isDone) return;
    const lines = this.#takeLines();
    const isStopping = this.#stopsAt < Number.POSITIVE_INFINITY;
    const isLast = isStopping && this.#underWay() === 0;
    this.#isSending = true;
    this.#isDone = isLast;
    const { recording } = this;
    const before = this.#oldestUnsent();
    const batch = { recording, lines, before, dropped: this.#dropped, underWay: this.#underWay(), isLast };
    this.#send(batch, () => this.#onSent());
  }

  #takeLines(): readonly (readonly [at: number, line: string])[] {
    const all = this.#lines.sort(([a], [b]) => a - b);
    let characters = 0;
    let count = 0;
    while (count < all.length && characters < BATCH_CHARACTERS) characters += all[count++]![1].length;
    this.#characters -= characters;
    this.#lines = all.slice(count);
    return count === all.length ? all : all.slice(0, count);
  }

  #onSent(): void {
    this.#isSending = false;
    if (this.#isDone) {
      clearInterval(this.#timer);
      this.#resolveDone();
    } else if (this.#lines.length > 0) this.#sendBatch();
  }

  #underWay(): number {
    return this.#open.size + this.#ended.length + this.#lines.length;
  }

  /** Nothing that is not sent yet is of a time before this. */
  #oldestUnsent(): number {
    let oldest = this.#timeOf(performance.now());
    const [first] = this.#open;
    if (first !== undefined) oldest = Math.min(oldest, this.#timeOf(first.startedAt));
    for (const { startedAt } of this.#ended) oldest = Math.min(oldest, this.#timeOf(startedAt));
    if (this.#lines.length > 0) oldest = Math.min(oldest, this.#lines[0]![0]);
    return oldest;
  }

  /** In milliseconds since the recording began, to the microsecond. */
  #timeOf(now: number): number {
    return Math.max(0, Math.floor((now + this.#clockOffset) * 1000) / 1000);
  }
}
