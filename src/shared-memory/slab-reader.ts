import type { SeriesId } from '../brand.ts';
import { HistogramView } from './histogram.ts';
import {
  BLOCK_WORDS,
  type Block,
  blockOf,
  ERROR_WORDS,
  isUsed,
  type SlabViews,
  UNROUTED_BLOCK,
  usedBlocks,
  viewSlab,
  WORD,
} from './metrics-slab.ts';

/** The sums of one series over all slabs, as they were when they were read. */
export class SeriesTotals {
  readonly words = new Float64Array(BLOCK_WORDS);
  /** Per STATUS_CLASSES. */
  readonly requests = this.words.subarray(WORD.REQUESTS, WORD.BYTES_IN);
  /** Per ERROR_CODES; words behind the last code are 0. */
  readonly errors = this.words.subarray(WORD.ERRORS, WORD.ERRORS + ERROR_WORDS);
  readonly gatewayTime = new HistogramView(this.words, WORD.GATEWAY_TIME);
  readonly upstreamTime = new HistogramView(this.words, WORD.UPSTREAM_TIME);

  get bytesIn(): number {
    return this.words[WORD.BYTES_IN];
  }

  get bytesOut(): number {
    return this.words[WORD.BYTES_OUT];
  }

  get attempts(): number {
    return this.words[WORD.ATTEMPTS];
  }

  get retries(): number {
    return this.words[WORD.RETRIES];
  }

  get dryRunRefusals(): number {
    return this.words[WORD.DRY_RUN_REFUSALS];
  }

  get cacheHits(): number {
    return this.words[WORD.CACHE_HITS];
  }

  get cacheMisses(): number {
    return this.words[WORD.CACHE_MISSES];
  }

  get openConnections(): number {
    return this.words[WORD.OPEN_CONNECTIONS];
  }

  get waitingExchanges(): number {
    return this.words[WORD.WAITING_EXCHANGES];
  }
}

/**
 * Sums what the acceptors counted. It reads while they write: every counter it returns is at least what it returned
 * before, but two counters may be an exchange apart.
 *
 * Give it the slabs of all slots, whether an acceptor holds them or not, or the sums go down when one dies.
 */
export class SlabReader {
  readonly #slabs: readonly SlabViews[];

  /** @throws RangeError when a memory is too small for that many series */
  constructor(slabs: readonly SharedArrayBuffer[], seriesCount: number) {
    this.#slabs = slabs.map((memory) => viewSlab(memory, seriesCount));
  }

  /** The series that any acceptor ever counted in, in ascending order. */
  usedSeries(): SeriesId[] {
    const blocks = new Set<Block>();
    for (const { used } of this.#slabs) for (const block of usedBlocks(used)) blocks.add(block);
    blocks.delete(UNROUTED_BLOCK);
    return [...blocks].sort((a, b) => a - b).map((block) => (block - 1) as SeriesId);
  }

  /**
   * @param into filled and returned, so that a walk over many series needs one object; a new one by default
   */
  read(series: SeriesId, into: SeriesTotals = new SeriesTotals()): SeriesTotals {
    return this.#sum(blockOf(series), into);
  }

  /** The exchanges no route was found for. */
  readUnrouted(into: SeriesTotals = new SeriesTotals()): SeriesTotals {
    return this.#sum(UNROUTED_BLOCK, into);
  }

  #sum(block: Block, into: SeriesTotals): SeriesTotals {
    const sums = into.words.fill(0);
    for (const { used, words } of this.#slabs) {
      if (!isUsed(used, block)) continue;
      const at = block * BLOCK_WORDS;
      for (let i = 0; i < BLOCK_WORDS; i++) sums[i] += words[at + i];
    }
    return into;
  }
}
