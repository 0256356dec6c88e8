/** Checks of routes among each other and against the upstreams. */

import { findIndistinguishableRoutes } from '../decision/route/indistinguishable-routes.ts';
import { parsePathPattern } from '../decision/route/path-pattern.ts';
import type { RouteMatch } from '../decision/route/route-match.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import type { Route } from './schema/schema.ts';
import { valueAt } from './source/source.ts';

export function checkRoutes(draft: Draft, report: Report): void {
  const names = new Map<string, ConfigPath>();
  for (const [index, route] of draft.routes.entries()) {
    // Looked up in the plain value, so that a route with a mistake elsewhere is checked too.
    const name = valueAt(draft.value, ['routes', index, 'name']);
    if (typeof name === 'string') report.repeated(names, name, ['routes', index, 'name']);
    checkUpstreamName(index, draft, report);
    if (route !== null) checkStripPrefix(route, ['routes', index, 'forward', 'stripPrefix'], report);
  }
  checkDistinguishable(draft, report);
}

/** What the route table needs of a route, in its own terms. */
export function toRouteMatch({ match }: Route): RouteMatch {
  return { hosts: match.hosts, path: match.path, methods: match.methods, headers: match.headers, query: match.query };
}

function checkUpstreamName(index: number, { upstreams, value }: Draft, report: Report): void {
  const path = ['routes', index, 'forward', 'upstream'];
  const wanted = valueAt(value, path);
  if (typeof wanted !== 'string' || upstreams.has(wanted)) return;
  const names = [...upstreams.keys()];
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
  for (const [first, second] of findIndistinguishableRoutes(complete.map(toRouteMatch))) {
    const other = `${report.quote(['routes', first, 'name'])} at ${report.placeOf(['routes', first])}`;
    report.error(
      ['routes', second],
      `no request could tell this route from ${other}, expected another match or one route instead of two`,
    );
  }
}
