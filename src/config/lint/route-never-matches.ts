import { NO_ROUTE, RouteHit } from '../../decision/route/route-hit.ts';
import { sampleRequests } from '../../decision/route/sample-requests.ts';
import type { Lint } from './lint.ts';

/** A route all of whose requests go to others. */
export const routeNeverMatches: Lint = {
  id: 'route-never-matches',
  *find({ compiled, table }) {
    const hit = new RouteHit();
    for (const [route, match] of compiled.matches.entries()) {
      const found = sampleRequests(match).map((sample) => table.lookup(sample, hit));
      if (found.length === 0 || found.some((winner) => winner === route || winner === NO_ROUTE)) continue;
      const { name, source, path } = compiled.routes[found[0]!]!;
      const message = `no request reaches this route: what it asks for goes to route ${name} (${path} at ${source})`;
      yield { path: ['routes', route], message };
    }
  },
};
