/**
 * What becomes of a request that comes to the cache:
 *
 *   look ─┬─ fresh ───────────────────────────────► answer
 *         ├─ stale, and may be used ──────────────► answer, and asked for anew behind the client's back
 *         ├─ only-if-cached ──────────────────────► 504
 *         ├─ somebody asks the origin already ────► wait ──► look
 *         └─ go on to the origin: with a condition when something stale is stored; as the one that fills, or alone
 */
import type { Decision } from '../../decision.ts';
import type { PolicyHost } from '../host.ts';
import { PASS, type Verdict } from '../verdict.ts';
import { parseCacheControl } from './cache-control.ts';
import { primaryKey } from './cache-key.ts';
import { renderCacheStatus } from './cache-status.ts';
import type { Fill, FillOutcome } from './fill.ts';
import { type Judgement, judge, survivesError } from './judge.ts';
import type { CacheOptions } from './options.ts';
import { serve } from './serve.ts';
import type { StoredResponse } from './stored-response.ts';
import { varyValues } from './vary.ts';
import { Visit } from './visit.ts';

/** How long a request waits for the answer to another before it goes to the origin itself. */
const LONGEST_WAIT_MS = 5000;
/** What the host may take longer than that before it takes the wait for hung. */
const WAIT_MARGIN_MS = 5000;

/** What both sides of a cache work with. */
export interface CacheParts {
  readonly options: CacheOptions;
  readonly host: PolicyHost;
}

/** Looks a request up. @returns PASS: it goes on to the origin */
export function look({ options, host }: CacheParts, decision: Decision, visit: Visit): Verdict {
  const { responses: store, clock } = host;
  const header = (name: string): string | null => decision.header(name);
  const variants = store.variants(visit.place.key);
  const stored = variants.find((one) => one.varyValues === varyValues(one.varyNames, header)) ?? null;
  visit.stored = stored;
  visit.fillKey = `${visit.place.key}\n${varyValues(variants[0]?.varyNames ?? [], header)}`;
  if (stored !== null) {
    const now = clock.monotonic();
    const judgement = judge(stored, visit.control, options, now);
    decision.trace?.note(`stored ${Math.floor(stored.ageMs(now) / 1000)} s ago by its age: ${judgement}`);
    if (isAnswer(judgement, decision)) return answerStored({ options, host }, decision, visit, judgement);
    visit.forward = judgement === 'revalidate' && isRequestsDoing(visit, stored, now) ? 'request' : 'stale';
  } else {
    visit.forward = variants.length > 0 ? 'vary-miss' : 'uri-miss';
    decision.trace?.note(visit.forward === 'vary-miss' ? 'only other variants are stored' : 'nothing is stored');
  }
  if (visit.control.onlyIfCached) return decision.refuse('cache_only');
  return join({ options, host }, decision, visit);
}

function isAnswer(judgement: Judgement, { isRefresh }: Decision): boolean {
  return judgement === 'fresh' || (judgement !== 'revalidate' && !isRefresh);
}

/** It would have been fresh enough for anybody else. */
function isRequestsDoing({ control }: Visit, stored: StoredResponse, now: number): boolean {
  return (
    (control.noCache || control.maxAge !== null || control.minFresh !== null) && stored.ageMs(now) < stored.lifetimeMs
  );
}

function answerStored({ options, host }: CacheParts, decision: Decision, visit: Visit, judgement: Judgement): Verdict {
  const stored = visit.stored!;
  // Somebody else has been quicker: there is nobody to answer.
  if (decision.isRefresh) return decision.refuse('cache_only');
  if (judgement === 'refresh' && decision.request.method === 'GET' && !host.responses.isFilling(visit.fillKey)) {
    decision.refresh();
  }
  return answerFrom({ options, host }, decision, visit, stored, null);
}

/** @param forwardStatus what the origin said instead, when it was asked */
export function answerFrom(
  { options, host }: CacheParts,
  decision: Decision,
  visit: Visit,
  stored: StoredResponse,
  forwardStatus: number | null,
): Verdict {
  const { clock } = host;
  const now = clock.monotonic();
  const wasForwarded = visit.isCollapsed || forwardStatus !== null;
  const status = options.status
    ? renderCacheStatus({
        forward: wasForwarded ? visit.forward : null,
        forwardStatus: forwardStatus === stored.status ? null : forwardStatus,
        ttlMs: stored.lifetimeMs - stored.ageMs(now),
        collapsed: visit.isCollapsed,
      })
    : null;
  decision.cacheResult = 'hit';
  return decision.answer(serve(stored, decision.request, { now, wall: clock.wall() }, status));
}

/** Goes to the origin, unless somebody else is on the way there for the same. */
function join(parts: CacheParts, decision: Decision, visit: Visit): Verdict {
  const { responses: store, clock } = parts.host;
  const { request } = decision;
  visit.requestChanges = decision.requestHeaderChanges?.save() ?? null;
  visit.responseChanges = decision.responseHeaderChanges?.save() ?? null;
  if (decision.isRefresh) {
    if (store.isFilling(visit.fillKey) || !store.beginRefresh()) return decision.refuse('cache_only');
    visit.isRefresh = true;
  } else if (!canFill(visit, request.method)) return PASS;
  const now = clock.monotonic();
  const waitsFor = visit.startedAt + LONGEST_WAIT_MS - now;
  const mayShare = !visit.isAlone && !visit.control.noCache && !store.isPassed(visit.fillKey, now);
  // A refresh always says that it is under way: one is enough.
  if (mayShare || visit.isRefresh) {
    const { fill, isOwn } = store.fill(visit.fillKey);
    if (isOwn) visit.fill = fill;
    else if (waitsFor > 0) return waitFor(parts, decision, visit, fill, waitsFor);
  }
  if (visit.stored !== null) askWhetherItHolds(decision, visit);
  else if (visit.isRefresh) forgetConditions(decision);
  return PASS;
}

/** What answers to a part of a GET, or to a condition of the client's, is no whole response that others could use. */
function canFill(visit: Visit, method: string): boolean {
  if (method !== 'GET' || visit.hasRange || visit.control.noStore) return false;
  return !visit.isConditional || (visit.stored !== null && hasValidator(visit.stored));
}

function waitFor(parts: CacheParts, decision: Decision, visit: Visit, fill: Fill, limitMs: number): Verdict {
  decision.trace?.note('somebody asks the origin for the same: waiting for that answer');
  const { timers } = parts.host;
  visit.isCollapsed = true;
  const effect = {
    kind: 'promise',
    limit: (limitMs + WAIT_MARGIN_MS) as never,
    run: (signal: AbortSignal) => fill.wait(limitMs, timers, signal),
  } as const;
  return decision.wait(effect, (outcome: FillOutcome) => goOn(parts, decision, visit, outcome));
}

function goOn(parts: CacheParts, decision: Decision, visit: Visit, outcome: FillOutcome): Verdict {
  const { options, host } = parts;
  const { stored } = visit;
  if (
    outcome === 'failed' &&
    stored !== null &&
    survivesError(stored, visit.control, options, host.clock.monotonic())
  ) {
    return answerFrom(parts, decision, visit, stored, null);
  }
  visit.isAlone = outcome !== 'stored' && outcome !== 'given-up';
  return look(parts, decision, visit);
}

/** RFC 9111, section 4.3.1: the stored response's validators in place of the client's. */
function askWhetherItHolds(decision: Decision, visit: Visit): void {
  const stored = visit.stored!;
  if (!hasValidator(stored)) {
    if (visit.isRefresh) forgetConditions(decision);
    return;
  }
  forgetConditions(decision);
  const etag = stored.header('etag');
  const changed = stored.header('last-modified');
  if (etag !== null) decision.requestHeaders.set('if-none-match', etag);
  if (changed !== null) decision.requestHeaders.set('if-modified-since', changed);
  visit.isRevalidating = true;
}

function forgetConditions({ requestHeaders }: Decision): void {
  for (const name of ['if-none-match', 'if-modified-since', 'range', 'if-range']) requestHeaders.remove(name);
}

function hasValidator(stored: StoredResponse): boolean {
  return stored.header('etag') !== null || stored.header('last-modified') !== null;
}

/** Begins a visit of a GET or HEAD. Null: the cache has nothing to do with it. */
export function arrive({ options, host }: CacheParts, decision: Decision): Visit | null {
  const { request } = decision;
  if (!(options.methods as readonly string[]).includes(request.method) || request.bodyLength !== 0) return null;
  // Conditions that a cache must not judge: they are about what the origin has (RFC 9111, section 4.3.2).
  if (decision.header('if-match') !== null || decision.header('if-unmodified-since') !== null) return null;
  const text = decision.header('cache-control');
  const control = parseCacheControl(text ?? (isPragmaNoCache(decision) ? 'no-cache' : null));
  return new Visit({
    place: { key: primaryKey(host.scope, decision, options, options.shared), host: request.host, path: request.path },
    control,
    startedAt: host.clock.monotonic(),
    epoch: host.responses.epoch,
    isConditional: decision.header('if-none-match') !== null || decision.header('if-modified-since') !== null,
    hasRange: decision.header('range') !== null,
  });
}

/** RFC 9111, section 5.4. */
function isPragmaNoCache(decision: Decision): boolean {
  return decision.header('pragma')?.toLowerCase().includes('no-cache') ?? false;
}
