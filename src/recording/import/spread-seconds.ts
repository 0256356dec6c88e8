/**
 * Most logs keep whole seconds. Replayed as they stand, all requests of a second would come at once at its beginning, a burst that
 * never was. They are spread evenly: of n requests in a second, the first comes at its beginning and each next one 1000/n ms later.
 */
import type { LoggedRequest } from './log-format.ts';

/** A second with more is spread in parts: each over the first half of what is left of it, so that no second needs more memory. */
const MAX_HELD = 65_536;

/** @param requests in the order of their arrival, and so are the results */
export async function* spreadSeconds(requests: AsyncIterable<LoggedRequest>): AsyncGenerator<LoggedRequest> {
  let held: LoggedRequest[] = [];
  let from = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for await (const request of requests) {
    const itsSecond = Math.floor(request.arrivedMs / 1000) * 1000;
    if (itsSecond !== second) {
      yield* spread(held, from, second + 1000);
      held = [];
      second = itsSecond;
      from = itsSecond;
    }
    if (held.length === 0 && !request.isWholeSecond) {
      from = request.arrivedMs;
      yield request;
      continue;
    }
    held.push(request);
    if (held.length < MAX_HELD) continue;
    const middle = (from + second + 1000) / 2;
    yield* spread(held, from, middle);
    held = [];
    from = middle;
  }
  yield* spread(held, from, second + 1000);
}

function* spread(requests: readonly LoggedRequest[], fromMs: number, toMs: number): Generator<LoggedRequest> {
  const gapMs = (toMs - fromMs) / requests.length;
  for (const [index, request] of requests.entries()) yield { ...request, arrivedMs: fromMs + index * gapMs };
}
