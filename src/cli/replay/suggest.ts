/**
 * Limits that fit a recording. For each route and kind of key, the most requests of each key within any second, minute and hour are
 * counted. A limit that is a key's peak P in a window w, with a burst of as many, refuses none of its requests: any
 * time t holds at most P * (t / w + 1) of them, and the bucket gives at least as many.
 */
import type { DryRoute } from '../dry-gateway/dry-exchange.ts';
import { type Decided, isLimitCode } from './decided.ts';
import { KeyHistory } from './key-history.ts';
import { shownKey, USUAL_KEYS } from './limit-keys.ts';

/** Second, minute and hour. */
export const SUGGESTED_WINDOWS_MS = [1000, 60_000, 3_600_000] as const;
/** What a limit is above the peak that was seen. */
const HEADROOM = 1.25;
/**
 * A key is an outlier when its peak is this many times that of nearly all others, and no small number, and there are others enough
 * to tell.
 */
const OUTLIER_FACTOR = 4;
const NEARLY_ALL = 0.9;
const SMALLEST_OUTLIER = 10;
const ENOUGH_KEYS = 20;
const MOST_KEYS = 200_000;
const MOST_OUTLIERS = 20;

const KINDS = ['consumer', 'ip', 'route'] as const;
export type SuggestedKey = (typeof KINDS)[number];

/** What was seen of all keys of a kind on a route within any window of one length. */
export interface WindowEvidence {
  readonly windowMs: number;
  /** Percentiles over keys of each key's own peak. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly maxKey: string;
}

export interface Suggestion {
  readonly route: string;
  /** `file:line:column`. */
  readonly source: string;
  readonly by: SuggestedKey;
  /** Whether it is the kind of key that fits this route best. */
  readonly isRecommended: boolean;
  readonly requests: number;
  readonly keys: number;
  readonly evidence: readonly WindowEvidence[];
  readonly windows: readonly { readonly requests: number; readonly windowMs: number }[];
  /** Keys that the limit would refuse requests of; `peak` within the shortest window in which they stand out. */
  readonly outliers: readonly { readonly key: string; readonly peak: number; readonly windowMs: number }[];
  readonly moreOutliers: number;
  /** Rate limits that the route has already. */
  readonly existing: readonly string[];
}

class Traffic {
  readonly route: DryRoute;
  readonly keys = {
    consumer: new Map<string, KeyHistory>(),
    ip: new Map<string, KeyHistory>(),
    route: new Map<string, KeyHistory>(),
  };
  requests = 0;
  /** Of them, those whose consumer is known. */
  withConsumer = 0;

  constructor(route: DryRoute) {
    this.route = route;
  }

  add(kind: SuggestedKey, key: string, moment: number): void {
    const histories = this.keys[kind];
    let history = histories.get(key);
    if (history === undefined) {
      if (histories.size >= MOST_KEYS) return;
      history = new KeyHistory(SUGGESTED_WINDOWS_MS);
      histories.set(key, history);
    }
    history.add(moment);
  }
}

/** Gathers what limits are suggested by. */
export class LimitSuggestions {
  readonly #traffic = new Map<string, Traffic>();

  /** Requests that are refused for another reason than a limit are no use that a limit should leave room for. */
  add({ kind, code, exchange, consumer }: Decided, moment: number): void {
    const { route } = exchange;
    if (route === null || (kind === 'refuse' && !isLimitCode(code))) return;
    let traffic = this.#traffic.get(route.name);
    if (traffic === undefined) {
      traffic = new Traffic(route);
      this.#traffic.set(route.name, traffic);
    }
    const who = exchange.decision ?? { request: exchange, consumer: null, claims: null, route };
    traffic.requests++;
    if (consumer !== null) traffic.withConsumer++;
    for (const by of KINDS) traffic.add(by, USUAL_KEYS[by](who), moment);
  }

  /** @param durationMs of the recording: longer windows say nothing */
  results(durationMs: number): Suggestion[] {
    const byRequests = [...this.#traffic.values()].sort((a, b) => b.requests - a.requests);
    return byRequests.flatMap((traffic) => suggestionsOf(traffic, durationMs));
  }
}

function suggestionsOf({ route, keys, requests, withConsumer }: Traffic, durationMs: number): Suggestion[] {
  const best: SuggestedKey = withConsumer * 2 >= requests ? 'consumer' : 'ip';
  const steps = route.chain?.steps ?? [];
  const existing = steps.filter(({ name }) => name === 'rateLimit').map(({ source }) => source);
  // Without any consumer, a limit by consumer is one by address.
  const kinds = KINDS.filter((by) => by !== best && (by !== 'consumer' || withConsumer > 0));
  return [best, ...kinds].map((by) => ({
    route: route.name,
    source: route.source,
    by,
    isRecommended: by === best,
    existing,
    ...judge([...keys[by]], durationMs),
  }));
}

type Judged = Pick<Suggestion, 'requests' | 'keys' | 'evidence' | 'windows' | 'outliers' | 'moreOutliers'>;

function judge(histories: readonly (readonly [key: string, history: KeyHistory])[], durationMs: number): Judged {
  const isSeen = (windowMs: number): boolean => windowMs === SUGGESTED_WINDOWS_MS[0] || windowMs <= durationMs;
  const outliers = new Map<string, Suggestion['outliers'][number]>();
  for (const [index, windowMs] of SUGGESTED_WINDOWS_MS.entries()) {
    if (histories.length < ENOUGH_KEYS || !isSeen(windowMs)) continue;
    const usual = percentile(sortedPeaks(histories, index), NEARLY_ALL) * OUTLIER_FACTOR;
    const most = Math.max(usual, SMALLEST_OUTLIER);
    for (const [key, { peaks }] of histories) {
      if (peaks[index]! > most && !outliers.has(key))
        outliers.set(key, { key: shownKey(key), peak: peaks[index]!, windowMs });
    }
  }
  const usual = histories.filter(([key]) => !outliers.has(key));
  const evidence: WindowEvidence[] = [];
  const windows: { requests: number; windowMs: number }[] = [];
  for (const [index, windowMs] of SUGGESTED_WINDOWS_MS.entries()) {
    if (!isSeen(windowMs)) continue;
    const seen = evidenceOf(usual, index, windowMs);
    evidence.push(seen);
    const requests = roundUp(seen.max * HEADROOM);
    const shorter = windows.at(-1);
    // One that the shorter window allows no more than anyway adds nothing.
    if (shorter === undefined || requests < shorter.requests * (windowMs / shorter.windowMs))
      windows.push({ requests, windowMs });
  }
  const all = [...outliers.values()].sort((a, b) => b.peak - a.peak);
  return {
    requests: histories.reduce((sum, [, { total }]) => sum + total, 0),
    keys: histories.length,
    evidence,
    windows,
    outliers: all.slice(0, MOST_OUTLIERS),
    moreOutliers: Math.max(0, all.length - MOST_OUTLIERS),
  };
}

function evidenceOf(
  histories: readonly (readonly [string, KeyHistory])[],
  index: number,
  windowMs: number,
): WindowEvidence {
  const peaks = sortedPeaks(histories, index);
  const max = peaks.at(-1)!;
  const [maxKey] = histories.find(([, history]) => history.peaks[index] === max)!;
  return {
    windowMs,
    p50: percentile(peaks, 0.5),
    p90: percentile(peaks, 0.9),
    p99: percentile(peaks, 0.99),
    max,
    maxKey: shownKey(maxKey),
  };
}

function sortedPeaks(histories: readonly (readonly [string, KeyHistory])[], index: number): number[] {
  return histories.map(([, { peaks }]) => peaks[index]!).sort((a, b) => a - b);
}

/** The smallest that at least this share is not above. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

/** Up to two significant digits. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}
