import type { SeriesId } from '../brand.ts';
import { errorNumber } from '../errors/table.ts';
import type { ExchangeRecord } from '../telemetry/exchange-record.ts';
import { addDuration } from './histogram.ts';
import { BLOCK_WORDS, type Block, blockOf, UNROUTED_BLOCK, viewSlab, WORD } from './metrics-slab.ts';

/** Counts what an acceptor's exchanges were. The only writer of its slab; allocates nothing, waits for nobody. */
export class SlabWriter {
  readonly #used: Int32Array;
  readonly #words: Float64Array;

  /** @throws RangeError when the memory is too small for that many series */
  constructor(memory: SharedArrayBuffer, seriesCount: number) {
    const { used, words } = viewSlab(memory, seriesCount);
    this.#used = used;
    this.#words = words;
  }

  /** Counts an exchange that has ended: in its route's series, and in its upstream's when one was chosen. */
  record(exchange: ExchangeRecord): void {
    const { route, upstream } = exchange;
    const block = route === null ? UNROUTED_BLOCK : blockOf(route.series);
    this.#count(block, exchange);
    if (exchange.dryRunRefusals > 0)
      this.#words[block * BLOCK_WORDS + WORD.DRY_RUN_REFUSALS] += exchange.dryRunRefusals;
    if (upstream !== null) this.#count(blockOf(upstream.series), exchange);
  }

  /** Sets how many connections to an upstream are open. */
  setConnections(upstream: SeriesId, open: number): void {
    this.#words[this.#use(blockOf(upstream)) + WORD.OPEN_CONNECTIONS] = open;
  }

  /** Sets how many exchanges wait for a connection to an upstream. */
  setWaiting(upstream: SeriesId, waiting: number): void {
    this.#words[this.#use(blockOf(upstream)) + WORD.WAITING_EXCHANGES] = waiting;
  }

  #count(block: Block, exchange: ExchangeRecord): void {
    const at = this.#use(block);
    const words = this.#words;
    words[at + WORD.REQUESTS + statusClass(exchange.status)] += 1;
    words[at + WORD.BYTES_IN] += exchange.bytesIn;
    words[at + WORD.BYTES_OUT] += exchange.bytesOut;
    words[at + WORD.ATTEMPTS] += exchange.attempts;
    if (exchange.attempts > 1) words[at + WORD.RETRIES] += exchange.attempts - 1;
    if (exchange.error !== null) words[at + WORD.ERRORS + errorNumber(exchange.error)] += 1;
    if (exchange.cacheResult !== null) {
      words[at + (exchange.cacheResult === 'hit' ? WORD.CACHE_HITS : WORD.CACHE_MISSES)] += 1;
    }
    addDuration(words, at + WORD.GATEWAY_TIME, exchange.gatewayMs);
    // An exchange that never had an upstream waited for none: a zero would only drag the quantiles down.
    if (exchange.upstream !== null) addDuration(words, at + WORD.UPSTREAM_TIME, exchange.upstreamMs);
  }

  /** Marks a block as used and returns its first word. */
  #use(block: Block): number {
    this.#used[block >>> 5] |= 1 << (block & 31);
    return block * BLOCK_WORDS;
  }
}

/** Index into STATUS_CLASSES. */
function statusClass(status: number): number {
  return status >= 100 && status < 600 ? (status / 100) | 0 : 0;
}
