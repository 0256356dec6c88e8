/** Checks of routes among each other and against the upstreams. */

import { findIndistinguishableRoutes } from '../decision/route/indistinguishable-routes.ts';
import { parsePathPattern } from '../decision/route/path-pattern.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import type { Route } from './schema/schema.ts';
import { isRecord, valueAt } from './source/source.ts';

export function checkRoutes(draft: Draft, report: Report): void {
  const areDistinct = draft.config !== null && draft.known.areDistinct();
  if (!areDistinct) checkNames(draft, report);
  const upstreams = [...draft.upstreams.keys()];
  for (const [index, route] of draft.routes.entries()) {
    if (draft.known.isChecked(index)) continue;
    checkForward(index, draft, upstreams, report);
    if (route !== null) checkStripPrefix(route, ['routes', index, 'forward', 'stripPrefix'], report);
  }
  if (!areDistinct) checkDistinguishable(draft, report);
}

/** Looked up in the plain value, so that a route with a mistake elsewhere is checked too. */
function checkNames({ value }: Draft, report: Report): void {
  const first = new Map<string, number>();
  const routes = valueAt(value, ['routes']);
  if (!Array.isArray(routes)) return;
  for (const [index, route] of routes.entries()) {
    const name: unknown = isRecord(route) && Object.hasOwn(route, 'name') ? route['name'] : undefined;
    if (typeof name !== 'string') continue;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else report.twice(['routes', index, 'name'], ['routes', earlier, 'name']);
  }
}

/** Looked up in the plain value, as names are: `forward` may be a list of shares, or hold one. */
function checkForward(index: number, { value }: Draft, names: readonly string[], report: Report): void {
  const path: ConfigPath = ['routes', index, 'forward'];
  const forward = valueAt(value, path);
  if (Array.isArray(forward)) {
    checkShares(forward, path, names, report);
    return;
  }
  if (!isRecord(forward)) return;
  const { upstream, failover, sticky } = forward;
  checkUpstreamName(upstream, [...path, 'upstream'], names, report);
  checkUpstreamName(failover, [...path, 'failover'], names, report);
  if (Array.isArray(upstream)) checkShares(upstream, [...path, 'upstream'], names, report);
  else if (sticky !== undefined)
    report.error(
      [...path, 'sticky'],
      'sticky goes with one upstream, expected a list of upstreams to choose from',
      'key',
    );
  if (failover !== undefined && failover === upstream)
    report.error([...path, 'failover'], '{value} is the upstream itself, expected another one');
}

function checkShares(shares: readonly unknown[], path: ConfigPath, names: readonly string[], report: Report): void {
  const seen = new Map<string, ConfigPath>();
  let hasWeight = false;
  for (const [at, share] of shares.entries()) {
    const wanted = isRecord(share) ? share['upstream'] : undefined;
    const place: ConfigPath = [...path, at, 'upstream'];
    checkUpstreamName(wanted, place, names, report);
    if (typeof wanted === 'string') report.repeated(seen, wanted, place);
    hasWeight ||= !isRecord(share) || share['weight'] !== 0;
  }
  if (!hasWeight && shares.length > 0)
    report.error(path, 'every weight is 0, expected at least one upstream that takes requests');
}

function checkUpstreamName(wanted: unknown, path: ConfigPath, names: readonly string[], report: Report): void {
  if (typeof wanted !== 'string' || names.includes(wanted)) return;
  const expected = names.length === 0 ? 'one under upstreams' : `one of ${names.slice(0, 10).join(', ')}`;
  report.error(path, `no upstream is named {value}${didYouMean(wanted, names) || `, expected ${expected}`}`);
}

function checkStripPrefix(route: Route, path: ConfigPath, report: Report): void {
  const prefix = route.forward?.stripPrefix;
  if (prefix === undefined) return;
  const pattern = parsePathPattern(route.match.path);
  if (pattern.kind === 'regexp') {
    report.error(path, 'stripPrefix {value} goes with a regular expression, expected a path that begins with it');
    return;
  }
  const wanted = prefix.slice(1).split('/');
  if (wanted.every((segment, depth) => pattern.segments[depth] === segment)) return;
  report.error(path, `the route's path does not begin with {value}, expected leading segments of it`);
}

/** Only for routes that all parsed: what a broken route was meant to match is a guess. */
function checkDistinguishable({ routes }: Draft, report: Report): void {
  const complete = routes.filter((route) => route !== null);
  if (complete.length < routes.length) return;
  for (const [first, second] of findIndistinguishableRoutes(complete.map(({ match }) => match))) {
    const other = `${report.quote(['routes', first, 'name'])} at ${report.placeOf(['routes', first])}`;
    report.error(
      ['routes', second],
      `no request could tell this route from ${other}, expected another match or one route instead of two`,
    );
  }
}
