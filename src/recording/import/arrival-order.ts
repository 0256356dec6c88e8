/**
 * The order in which requests came, from logs that are written when requests end.
 *
 *   log --> window: a heap, the earliest on top --> merged with other logs --> spread within the second
 *
 * The window is bounded by a number of requests and by bytes, never by time: one line with a wrong date stays in it, alone, and does
 * not push the others out. A request that is earlier than what has left the window already is put at the time of that.
 */
import type { LoggedRequest } from './log-format.ts';

/** Requests that are held to find the earliest of them. */
export const WINDOW_REQUESTS = 8192;
/** What the held ones may take in their log: 64 MiB. */
export const WINDOW_BYTES = 64 * 1024 * 1024;

interface Held {
  readonly request: LoggedRequest;
  readonly bytes: number;
  /** Among requests of one time, the order in the log. */
  readonly number: number;
}

/** Holds back requests until none that is earlier can be expected. */
export class ArrivalWindow {
  /** Requests that came too far behind, and were put at the time of their predecessor. */
  moved = 0;
  readonly #heap: Held[] = [];
  readonly #maxRequests: number;
  #bytes = 0;
  #number = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(maxRequests: number = WINDOW_REQUESTS) {
    this.#maxRequests = maxRequests;
  }

  /** @returns whether the window is full, so that `take` must be called */
  add(request: LoggedRequest, bytes: number): boolean {
    const heap = this.#heap;
    this.#bytes += bytes;
    heap.push({ request, bytes, number: this.#number++ });
    let at = heap.length - 1;
    for (let above = (at - 1) >> 1; at > 0 && isEarlier(heap[at]!, heap[above]!); above = (at - 1) >> 1) {
      swap(heap, at, above);
      at = above;
    }
    return heap.length > this.#maxRequests || this.#bytes > WINDOW_BYTES;
  }

  /** The earliest that is held; null: none is. */
  take(): LoggedRequest | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined) return null;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    this.#bytes -= first.bytes;
    return this.#inOrder(first.request);
  }

  #sink(held: Held): void {
    const heap = this.#heap;
    heap[0] = held;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let earliest = at;
      if (left < heap.length && isEarlier(heap[left]!, heap[earliest]!)) earliest = left;
      if (right < heap.length && isEarlier(heap[right]!, heap[earliest]!)) earliest = right;
      if (earliest === at) return;
      swap(heap, at, earliest);
      at = earliest;
    }
  }

  #inOrder(request: LoggedRequest): LoggedRequest {
    if (request.arrivedMs >= this.#lastMs) {
      this.#lastMs = request.arrivedMs;
      return request;
    }
    this.moved++;
    return { ...request, arrivedMs: this.#lastMs };
  }
}

const isEarlier = (one: Held, other: Held): boolean =>
  one.request.arrivedMs < other.request.arrivedMs ||
  (one.request.arrivedMs === other.request.arrivedMs && one.number < other.number);

function swap(heap: Held[], one: number, other: number): void {
  const held = heap[one]!;
  heap[one] = heap[other]!;
  heap[other] = held;
}

/**
 * Merges logs whose requests are in order, each: by time, and of one time by the order of the logs. Leaving it closes them.
 */
export async function* mergeLogs(logs: readonly AsyncIterable<LoggedRequest>[]): AsyncGenerator<LoggedRequest> {
  const open = logs.map((log) => log[Symbol.asyncIterator]());
  try {
    const next = await Promise.all(open.map((log) => log.next()));
    for (let from = earliest(next); from !== -1; from = earliest(next)) {
      yield next[from]!.value as LoggedRequest;
      next[from] = await open[from]!.next();
    }
  } finally {
    await Promise.all(open.map((log) => log.return?.()));
  }
}

/** Index of the one with the earliest request; -1: all have ended. */
function earliest(next: readonly IteratorResult<LoggedRequest>[]): number {
  let found = -1;
  let foundMs = Number.POSITIVE_INFINITY;
  for (const [index, { done, value }] of next.entries()) {
    if (done === true || value.arrivedMs >= foundMs) continue;
    found = index;
    foundMs = value.arrivedMs;
  }
  return found;
}
