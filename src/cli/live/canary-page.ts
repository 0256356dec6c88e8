import type { CanaryStatus } from '../../supervisor/canary/canary.ts';
import type { GroupFigures, RouteComparison } from '../../supervisor/canary/judge-canary.ts';
import type { TrialStatus } from '../../supervisor/canary/trials.ts';
import { column, table } from '../text-table.ts';

/** How a canary is doing, on one line. */
export function progressLine({ acceptors, endsAt, total }: Omit<CanaryStatus, 'routes'>, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(endsAt) - now) / 1000));
  const who = `${acceptors} ${acceptors === 1 ? 'acceptor' : 'acceptors'}`;
  return `canary on ${who}, ${seconds} s to go: ${countsOf(total.canary)}; the others: ${countsOf(total.others)}`;
}

function countsOf({ requests, errors }: GroupFigures): string {
  return `${requests} requests, ${errors} failed`;
}

/** What became of a canary, and what that rests on. */
export function verdictPage({ state, reason, evidence }: TrialStatus): string {
  const verdict = `${state}: ${reason ?? 'it goes on'}\n`;
  if (evidence === null) return verdict;
  const { total, routes } = evidence;
  const broken = routes.flatMap(({ route, broken: rules }) => rules.map((rule) => `  ${route}: ${rule}\n`));
  return [verdict, '\n', table(COLUMNS, [total, ...routes]), '\n', broken.length > 0 ? '\n' : '', ...broken].join('');
}

type Group = 'canary' | 'others';
const requests = (group: Group, title: string) =>
  column<RouteComparison>(title, true, (row) => String(row[group].requests));
const failed = (group: Group) => column<RouteComparison>('failed', true, (row) => String(row[group].errors));
const p99 = (group: Group, time: 'gatewayMs' | 'upstreamMs', title: string) =>
  column<RouteComparison>(title, true, (row) => formatMs(row[group][time].p99));

const COLUMNS = [
  column<RouteComparison>('route', false, ({ route }) => route ?? 'all'),
  requests('canary', 'canary'),
  failed('canary'),
  requests('others', 'others'),
  failed('others'),
  p99('canary', 'gatewayMs', 'gateway p99'),
  p99('others', 'gatewayMs', 'others'),
  p99('canary', 'upstreamMs', 'upstream p99'),
  p99('others', 'upstreamMs', 'others'),
  column<RouteComparison>('', false, ({ broken }) => (broken.length > 0 ? 'BROKEN' : '')),
];

function formatMs(ms: number | null): string {
  return ms === null ? '-' : `${ms.toPrecision(3)}ms`;
}
