/** What changes for a request from one config to another, by its cause: the first thing that differs on its way. */
import { renderForwardHead } from '../../acceptor/forward-head.ts';
import type { DryExchange } from '../dry-gateway/dry-exchange.ts';
import type { Decided } from './decided.ts';

/** In the order in which a page tells of them: the gravest first. */
export const CAUSES = [
  /** A policy, or the gateway itself, refuses what it let through. */
  'refused',
  /** No route takes it any more. */
  'unrouted',
  /** What was refused is let through. */
  'admitted',
  /** A route takes what none took. */
  'routed',
  /** It is refused otherwise. */
  'refusal',
  /** A policy answers otherwise, or instead of an upstream, or no more. */
  'answer',
  /** It takes another route. */
  'route',
  'upstream',
  /** It is taken for somebody else's. */
  'consumer',
  /** The upstream is asked something else. */
  'rewrite',
] as const;

export type Cause = (typeof CAUSES)[number];

export interface Difference {
  readonly cause: Cause;
  /** What of the request to the upstream, or of the answer, is another: `path`, `host`, `header x-team`, `body`. */
  readonly parts: readonly string[];
}

const NOTHING: readonly string[] = [];

/** @returns null when the request fares the same */
export function differenceOf(before: Decided, after: Decided): Difference | null {
  const cause = causeOf(before, after);
  if (cause !== null) return { cause, parts: NOTHING };
  if (after.kind === 'answer') {
    const parts = differingAnswer(before.exchange, after.exchange);
    return parts.length === 0 ? null : { cause: 'answer', parts };
  }
  if (after.kind !== 'forward') return null;
  const parts = differingRequest(before.exchange, after.exchange);
  return parts.length === 0 ? null : { cause: 'rewrite', parts };
}

function causeOf(before: Decided, after: Decided): Cause | null {
  const [was, is] = [before.kind, after.kind];
  if (was === 'none' || is === 'none') {
    if (was !== is) return is === 'none' ? 'unrouted' : 'routed';
    return before.code === after.code ? null : 'refusal';
  }
  if (is === 'refuse' && was !== 'refuse') return 'refused';
  if (was === 'refuse' && is !== 'refuse') return 'admitted';
  if (before.status !== after.status || was !== is) return is === 'refuse' ? 'refusal' : 'answer';
  if (before.code !== after.code || before.policy?.policy !== after.policy?.policy)
    return is === 'refuse' ? 'refusal' : 'answer';
  if (before.route !== after.route) return 'route';
  if (before.upstream !== after.upstream) return 'upstream';
  return before.consumer === after.consumer ? null : 'consumer';
}

function differingAnswer(before: DryExchange, after: DryExchange): string[] {
  const [was, is] = [before.outcome!, after.outcome!];
  if (was.kind !== 'answer' || is.kind !== 'answer') return [];
  const parts = differingLines(linesOf(was.headers), linesOf(is.headers)).map((name) => `header ${name}`);
  if (!(was.body ?? NO_BYTES).equals(is.body ?? NO_BYTES)) parts.push('body');
  return parts;
}

const NO_BYTES = Buffer.alloc(0);
/** Counted down by limits: another number for every request. */
const COUNTERS: ReadonlySet<string> = new Set(['ratelimit', 'ratelimit-policy']);

function differingLines(before: readonly string[], after: readonly string[]): string[] {
  const names = new Set<string>();
  for (const line of onlyIn(before, after)) names.add(line.slice(0, line.indexOf(':')));
  for (const line of onlyIn(after, before)) names.add(line.slice(0, line.indexOf(':')));
  return [...names].filter((name) => !COUNTERS.has(name)).sort();
}

function onlyIn(some: readonly string[], others: readonly string[]): string[] {
  return some.filter((line) => !others.includes(line));
}

/** Names and values that alternate, as lines. */
function linesOf(headers: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return lines;
}

function differingRequest(before: DryExchange, after: DryExchange): string[] {
  const [was, is] = [before.decision?.requestBody ?? null, after.decision?.requestBody ?? null];
  const isSameBody = was === is || (was !== null && is !== null && was.equals(is));
  // Most heads are equal to the byte: they are taken apart only where they are not.
  const [oldHead, head] = [renderForwardHead(before), renderForwardHead(after)];
  if (isSameBody && oldHead === head) return [];
  const [oldFirst, ...oldLines] = oldHead.split('\r\n');
  const [first, ...lines] = head.split('\r\n');
  const parts = differingTarget(oldFirst!, first!);
  for (const name of differingLines(oldLines, lines)) parts.push(name === 'host' ? name : `header ${name}`);
  if (!isSameBody) parts.push('body');
  return parts;
}

/** @param before a request line */
function differingTarget(before: string, after: string): string[] {
  const [oldPath, oldQuery] = splitTarget(before.split(' ')[1]!);
  const [path, query] = splitTarget(after.split(' ')[1]!);
  const parts: string[] = [];
  if (oldPath !== path) parts.push('path');
  if (oldQuery !== query) parts.push('query');
  return parts;
}

function splitTarget(target: string): [path: string, query: string | null] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, null] : [target.slice(0, mark), target.slice(mark + 1)];
}
