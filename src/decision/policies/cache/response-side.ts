/** What becomes of the origin's answer to a request that the cache let through: stored, taken for a renewal, or replaced. */
import type { ErrorCode } from '../../../errors/table.ts';
import type { Decision } from '../../decision.ts';
import { valueWith } from '../../header-changes.ts';
import { PASS, type Verdict } from '../verdict.ts';
import { type CacheControl, parseCacheControl } from './cache-control.ts';
import { isIdentified } from './cache-key.ts';
import { renderCacheStatus } from './cache-status.ts';
import { bothTaps, Filling } from './filling.ts';
import { initialAgeMs, type Lifetime, lifetimeOf } from './freshness.ts';
import { survivesError } from './judge.ts';
import { answerFrom, type CacheParts } from './request-side.ts';
import { whyNotStorable } from './storable.ts';
import { effectiveHeaders, HeaderLines, renewedHeaders, withoutHeaders } from './stored-headers.ts';
import { StoredResponse } from './stored-response.ts';
import { varyNames, varyValues } from './vary.ts';
import type { Visit } from './visit.ts';

/** How long it is remembered that a response cannot be shared, so that nobody waits for one. */
const PASS_MS = 60_000;
const MOST_SURROGATE_KEYS = 64;

/** A response with what the cache has read out of it. */
interface Arrival {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly control: CacheControl;
  readonly lifetime: Lifetime;
  readonly surrogateKeys: readonly string[];
}

/** The response to a request that `look` let through. */
export function receive(parts: CacheParts, decision: Decision, visit: Visit): Verdict {
  const response = decision.response!;
  decision.cacheResult = 'miss';
  const arrival = readArrival(parts, decision, visit);
  if (response.source === 'upstream' && decision.own === null) {
    const stored = visit.stored;
    if (stored !== null && visit.isRevalidating && response.status === 304) {
      return renew(parts, decision, visit, arrival);
    }
    if (response.status >= 500 && stored !== null && isGoodEnough(parts, visit, stored)) {
      decision.trace?.note(`the origin answers ${response.status}: stale-if-error`);
      endFill(parts, visit, 'failed');
      return replace(parts, decision, visit, stored, response.status);
    }
  }
  const why = response.source === 'upstream' && decision.own === null ? whyNot(parts, decision, visit, arrival) : OWN;
  if (why === null) beginToStore(parts, decision, visit, arrival);
  else {
    decision.trace?.note(`not stored: ${why}`);
    cannotShare(parts, visit, response.status);
  }
  if (parts.options.status) {
    const status = renderCacheStatus({
      forward: visit.forward,
      // Of an answer to the gateway's own condition the client sees another status only where `replace` was called.
      forwardStatus: null,
      stored: why === null,
      collapsed: visit.isCollapsed,
    });
    decision.responseHeaders.add('cache-status', status);
  }
  return PASS;
}

const OWN = 'it is no response of the origin';

/** The origin could not be reached, or did not answer. ANSWERED: what is stored does instead. */
export function survive(parts: CacheParts, decision: Decision, visit: Visit, code: ErrorCode): Verdict {
  endFill(parts, visit, 'failed');
  if (visit.stored === null || !isGoodEnough(parts, visit, visit.stored)) return PASS;
  decision.trace?.note(`the origin does not answer (${code}): stale-if-error`);
  return replace(parts, decision, visit, visit.stored, null);
}

/** The exchange is over. */
export function leave({ host }: CacheParts, visit: Visit): void {
  visit.filling?.drop();
  if (visit.fill !== null) host.responses.endFill(visit.fillKey, visit.fill, 'given-up');
  if (visit.isRefresh) host.responses.endRefresh();
}

function readArrival(parts: CacheParts, decision: Decision, visit: Visit): Arrival {
  const headers = effectiveHeaders(decision, visit.responseChanges);
  const { surrogateKeys: name } = parts.options;
  const keys = headers.header(name);
  if (keys !== null) decision.responseHeaders.remove(name);
  const surrogateKeys = keys === null ? [] : keys.split(/[\s,]+/).filter((key) => key !== '');
  return {
    status: decision.response!.status,
    ...read(parts, headers),
    surrogateKeys: surrogateKeys.slice(0, MOST_SURROGATE_KEYS),
  };
}

function read({ options, host }: CacheParts, headers: HeaderLines): Pick<Arrival, 'headers' | 'control' | 'lifetime'> {
  const control = parseCacheControl(headers.header('cache-control') ?? pragma(headers));
  return { headers, control, lifetime: lifetimeOf(headers, control, options, host.clock.wall()) };
}

/** Pragma means nothing in a response (RFC 9111, section 5.4), yet those who still send it mean this. */
function pragma(headers: HeaderLines): string | null {
  return headers.header('pragma')?.toLowerCase().includes('no-cache') ? 'no-cache' : null;
}

function whyNot({ options }: CacheParts, decision: Decision, visit: Visit, arrival: Arrival): string | null {
  const { request } = decision;
  const { headers, control, lifetime } = arrival;
  if (request.method !== 'GET') return `a response to ${request.method} is not stored`;
  if (visit.hasRange && !visit.isRevalidating) return 'the request asked for a part';
  const vary = headers.header('vary');
  const hasValidator = headers.header('etag') !== null || headers.header('last-modified') !== null;
  const why = whyNotStorable({
    status: arrival.status,
    statuses: options.statuses,
    request: visit.control,
    response: control,
    lifetime,
    hasValidator,
    hasAuthorization: decision.request.header('authorization') !== null,
    hasCookie: decision.request.header('cookie') !== null,
    isIdentified: isIdentified(decision),
    setsCookie: headers.header('set-cookie') !== null,
    vary,
    shared: options.shared,
    ignoreOrigin: options.ignoreOrigin,
    contentLength: decision.responseBody === null ? decision.response!.contentLength : decision.responseBody.length,
    maxBodyBytes: options.maxBodyBytes,
  });
  if (why !== null) return why;
  // A policy behind the cache chose this value; at the next look-up nobody knows what it will choose.
  const unseen = varyNames(vary, options.vary).find(
    (name) => decision.header(name) !== valueWith(visit.requestChanges, request, name),
  );
  return unseen === undefined ? null : `it varies by ${unseen}, which a policy behind the cache has changed`;
}

function beginToStore(parts: CacheParts, decision: Decision, visit: Visit, arrival: Arrival): void {
  const { options, host } = parts;
  const { status } = arrival;
  // Worked out now: headers and clock are those of the response's arrival, not of its end.
  const lines = withoutHeaders(arrival.headers.lines, [options.surrogateKeys, ...arrival.control.withheldFields]);
  const about = aboutStored(parts, decision, visit, arrival);
  const filling = new Filling(host.responses, options.maxBodyBytes, {
    onWhole: (body) => put(parts, visit, new StoredResponse({ ...about, status, headers: lines, body })),
    onTooLarge: () => cannotShare(parts, visit, status),
  });
  visit.filling = filling;
  decision.tap = bothTaps(decision.tap, filling);
}

type About = Omit<ConstructorParameters<typeof StoredResponse>[0], 'status' | 'headers' | 'body'>;

function aboutStored(
  { options, host }: CacheParts,
  { request }: Decision,
  visit: Visit,
  { headers, control, lifetime, surrogateKeys }: Arrival,
): About {
  const names = varyNames(headers.header('vary'), options.vary);
  const now = host.clock.monotonic();
  const wall = host.clock.wall();
  return {
    date: headers.header('date') ?? new Date(wall).toUTCString(),
    control: options.ignoreOrigin ? parseCacheControl(null) : control,
    lifetimeMs: lifetime.ms,
    initialAgeMs: initialAgeMs(headers, wall, now - visit.startedAt),
    receivedAt: now,
    varyNames: names,
    varyValues: varyValues(names, (name) => valueWith(visit.requestChanges, request, name)),
    surrogateKeys,
  };
}

/** A 304 to the gateway's own condition: what is stored is as good as new (RFC 9111, section 4.3.4). */
function renew(parts: CacheParts, decision: Decision, visit: Visit, arrival: Arrival): Verdict {
  const old = visit.stored!;
  const { surrogateKeys: name } = parts.options;
  const merged = renewedHeaders(old.headers, withoutHeaders(arrival.headers.lines, [name]));
  const read304 = read(parts, new HeaderLines(merged, decision.response!));
  const surrogateKeys = arrival.surrogateKeys.length > 0 ? arrival.surrogateKeys : old.surrogateKeys;
  const now: Arrival = { ...read304, status: old.status, surrogateKeys };
  const renewed = new StoredResponse({
    ...aboutStored(parts, decision, visit, now),
    status: old.status,
    headers: withoutHeaders(merged, now.control.withheldFields),
    body: old.body,
  });
  // What the 304 brings may forbid what was allowed before: it varies by more, say, or is private from now on.
  const why = whyNot(parts, decision, visit, now);
  if (why === null) put(parts, visit, renewed);
  else {
    decision.trace?.note(`not stored any longer: ${why}`);
    parts.host.responses.remove(visit.place.key, old);
    cannotShare(parts, visit, old.status);
  }
  return replace(parts, decision, visit, renewed, 304);
}

/** What is stored answers in place of what the origin said, and of what policies behind the cache made of that. */
function replace(
  parts: CacheParts,
  decision: Decision,
  visit: Visit,
  stored: StoredResponse,
  forwardStatus: number | null,
): Verdict {
  decision.responseHeaderChanges?.restore(visit.responseChanges);
  if (forwardStatus === null) visit.isCollapsed = false;
  return answerFrom(parts, decision, visit, stored, forwardStatus);
}

function put(parts: CacheParts, visit: Visit, response: StoredResponse): void {
  const { responses: store, clock } = parts.host;
  if (store.isOutdated(visit.place, visit.epoch)) {
    endFill(parts, visit, 'given-up');
    return;
  }
  store.put(visit.place, response);
  const now = clock.monotonic();
  const isOfUse = !response.control.noCache && response.ageMs(now) < response.lifetimeMs;
  // One that has to be checked each time is nothing to wait for: everyone would only queue for his own check.
  if (isOfUse) store.dontPass(visit.fillKey);
  else store.pass(visit.fillKey, now + PASS_MS);
  endFill(parts, visit, isOfUse ? 'stored' : 'uncacheable');
}

/** Those who wait go their own ways, and for a while nobody waits. A failure says nothing about what comes after it. */
function cannotShare(parts: CacheParts, visit: Visit, status: number): void {
  const { responses: store, clock } = parts.host;
  if (visit.fill === null) return;
  if (status < 500) store.pass(visit.fillKey, clock.monotonic() + PASS_MS);
  endFill(parts, visit, status < 500 ? 'uncacheable' : 'failed');
}

function endFill({ host }: CacheParts, visit: Visit, outcome: 'stored' | 'given-up' | 'uncacheable' | 'failed'): void {
  if (visit.fill === null) return;
  host.responses.endFill(visit.fillKey, visit.fill, outcome);
  visit.fill = null;
}

function isGoodEnough({ options, host }: CacheParts, visit: Visit, stored: StoredResponse): boolean {
  return survivesError(stored, visit.control, options, host.clock.monotonic());
}
