/**
 * A status as a page for an incident, from top to bottom in the order of the questions: can it take traffic, what is wrong, what
 * runs, who carries it, what is asked and who is slow.
 */
import { readinessOf } from '../supervisor/admin/status.ts';
import type { EndpointReading } from '../telemetry/endpoint-reading.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import { endpointsByUpstream, isFit } from './status/endpoint-fitness.ts';
import { type Column, column, fittedTable, wrap } from './status/fitted-table.ts';
import { type Colour, type Paint, PLAIN } from './status/paint.ts';
import { type Problem, problemsOf } from './status/problems.ts';
import type { SeenStatus } from './status/seen-status.ts';
import {
  count,
  formatAway,
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  formatTime,
} from './status/wording.ts';

export interface PageOptions {
  /** Characters of a line. */
  readonly width: number;
  readonly paint: Paint;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** What was done in so many seconds, in place of all since the start. */
  readonly interval: {
    readonly seconds: number;
    readonly routes: readonly Traffic[];
    readonly upstreams: readonly Traffic[];
  } | null;
}

const MOST_ROWS = 15;
const MOST_PROBLEMS = 20;
const PLAIN_PAGE = { width: 80, paint: PLAIN, interval: null } as const;

/** The page, ended by a line break. */
export function formatStatus(status: SeenStatus, options: Partial<PageOptions> = {}): string {
  const page: PageOptions = { nowMs: Date.now(), ...PLAIN_PAGE, ...options };
  const { interval } = page;
  const routes = interval?.routes ?? status.routes ?? [];
  const upstreams = interval?.upstreams ?? status.upstreams ?? [];
  const sections = [
    headline(status, routes, page),
    problems(problemsOf(status, routes, page.nowMs), page),
    config(status, page),
    titled('ACCEPTORS', ACCEPTORS(status), status.acceptors, page),
    titled(
      `ROUTES ${span(page)} (gw: in the gateway, up: at upstreams)`,
      trafficColumns('route', page),
      busiest(routes, page),
      page,
    ),
    titled(`UPSTREAMS ${span(page)}`, upstreamColumns(status, page), busiest(upstreams, page), page),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headline(status: SeenStatus, routes: readonly Traffic[], { paint, interval }: PageOptions): string[] {
  const { ready, reason } = readinessOf(status as Parameters<typeof readinessOf>[0]);
  const requests = sum(routes, (route) => route.requests);
  const failed = sum(routes, (route) => route.serverErrors);
  const traffic = interval === null ? count(requests, 'request') : formatRate(requests / interval.seconds);
  const { version = '?', instance = '?', uptimeSeconds = 0, unrouted = 0 } = status;
  return [
    paint(`${ready ? 'READY' : 'NOT READY'}: ${reason}`, ready ? 'green' : 'red'),
    `${traffic}${requests === 0 ? '' : `, ${formatShare(failed, requests)} answered 5xx`}, ${count(unrouted, 'request')} without a route since the start`,
    paint(`penstock ${version}, instance ${instance}, up ${formatSeconds(uptimeSeconds)}`, 'dim'),
  ];
}

function problems(found: readonly Problem[], { width, paint }: PageOptions): string[] {
  if (found.length === 0) return [paint('Nothing is wrong that the gateway knows of.', 'green')];
  const lines = found.slice(0, MOST_PROBLEMS).flatMap(({ severity, text, detail }) => {
    const [mark, colour] = severity === 'bad' ? (['!!', 'red'] as const) : ([' !', 'yellow'] as const);
    const [first, ...more] = wrap(text, width - 3);
    return [
      paint(`${mark} ${first}`, colour),
      ...more.map((line) => paint(`   ${line}`, colour)),
      ...(detail === undefined ? [] : wrap(detail, width - 5).map((line) => `     ${line}`)),
    ];
  });
  const left = found.length - MOST_PROBLEMS;
  return [paint('WRONG NOW', 'bold'), ...lines, ...(left > 0 ? [`   and ${left} more, see --json`] : [])];
}

function config({ config: shown }: SeenStatus, { paint, nowMs, width }: PageOptions): string[] {
  const { generation, snapshot, label, source, publishedAt, publishedBy } = shown;
  const names = [
    ...(snapshot === undefined ? [] : [`snapshot ${snapshot}`]),
    ...(label == null ? [] : [`label ${label}`]),
  ];
  const by =
    publishedBy == null
      ? ''
      : ` by ${publishedBy.who ?? publishedBy.kind}${publishedBy.why === null ? '' : `: ${publishedBy.why}`}`;
  const when =
    publishedAt == null
      ? []
      : wrap(`published ${formatTime(publishedAt)}, ${formatAway(publishedAt, nowMs)}${by}`, width);
  return [
    paint('CONFIG', 'bold'),
    [`generation ${generation}`, ...names].join(', '),
    ...(source === undefined ? [] : [`from ${source}`]),
    ...when,
  ];
}

type Acceptor = SeenStatus['acceptors'][number];

const ACCEPTORS = ({ config: { generation: published } }: SeenStatus): readonly Column<Acceptor>[] => [
  column('slot', ({ slot }) => String(slot)),
  column('pid', ({ pid }) => String(pid)),
  column('state', ({ state }) => state, { left: true, colour: ({ state }) => STATE_COLOURS[state] ?? null }),
  column('heartbeat', ({ heartbeatAgeSeconds }) => `${heartbeatAgeSeconds.toFixed(1)}s ago`),
  column('generation', ({ generation }) => String(generation), {
    colour: ({ generation }) => (generation === published ? null : 'yellow'),
  }),
  column('connections', ({ openConnections }) => formatCount(openConnections)),
  column('in flight', ({ exchangesInFlight }) => formatCount(exchangesInFlight)),
  column('restarts', ({ restarts }) => String(restarts), {
    colour: ({ restarts }) => (restarts > 0 ? 'yellow' : null),
  }),
];

const STATE_COLOURS: Readonly<Record<string, Colour>> = { unresponsive: 'red', starting: 'yellow', draining: 'yellow' };

/** From which share on it is coloured. */
const MANY = { errors: 0.001, far: 0.01 } as const;

function shareColour(part: number, all: number): Colour | null {
  const share = all === 0 ? 0 : part / all;
  return share >= MANY.far ? 'red' : share >= MANY.errors ? 'yellow' : null;
}

function countColumns(kind: string, { interval }: PageOptions): readonly Column<Traffic>[] {
  return [
    column(kind, ({ name }) => name, { left: true }),
    column('requests', ({ requests }) =>
      interval === null ? formatCount(requests) : formatRate(requests / interval.seconds),
    ),
    column('5xx', ({ serverErrors, requests }) => formatShare(serverErrors, requests), {
      colour: ({ serverErrors, requests }) => shareColour(serverErrors, requests),
    }),
  ];
}

function trafficColumns(kind: string, page: PageOptions): readonly Column<Traffic>[] {
  return [
    ...countColumns(kind, page),
    column('errors', ({ gatewayErrors, requests }) => formatShare(gatewayErrors, requests)),
    column('gw p50', ({ gatewayMs }) => formatMs(gatewayMs.p50)),
    column('p99', ({ gatewayMs }) => formatMs(gatewayMs.p99)),
    column('up p50', ({ upstreamMs }) => formatMs(upstreamMs.p50)),
    column('p99', ({ upstreamMs }) => formatMs(upstreamMs.p99)),
  ];
}

function upstreamColumns({ endpoints = [] }: SeenStatus, page: PageOptions): readonly Column<Traffic>[] {
  const byUpstream = endpointsByUpstream(endpoints);
  const times = [
    column<Traffic>('p50', ({ upstreamMs }) => formatMs(upstreamMs.p50)),
    column<Traffic>('p99', ({ upstreamMs }) => formatMs(upstreamMs.p99)),
  ];
  return [
    ...countColumns('upstream', page),
    // Between two looks, waits are known by route alone.
    ...(page.interval === null ? times : []),
    column('endpoints', ({ name }) => health(byUpstream.get(name)), {
      colour: ({ name }) => ((byUpstream.get(name) ?? []).every(isFit) ? null : 'red'),
    }),
    column('connections', ({ openConnections }) => formatCount(openConnections)),
    column('waiting', ({ waitingExchanges }) => formatCount(waitingExchanges), {
      colour: ({ waitingExchanges }) => (waitingExchanges > 0 ? 'yellow' : null),
    }),
  ];
}

/** Of upstreams without checks, circuits or limits nothing is known. */
function health(endpoints: readonly EndpointReading[] | undefined): string {
  return endpoints === undefined ? '-' : `${endpoints.filter(isFit).length} of ${endpoints.length} fit`;
}

function span({ interval }: PageOptions): string {
  return interval === null ? 'since the start' : `in the last ${interval.seconds.toFixed(1)}s`;
}

/** In an interval, those that did nothing are left out. */
function busiest(traffic: readonly Traffic[], { interval }: PageOptions): readonly Traffic[] {
  const busy =
    interval === null
      ? traffic
      : traffic.filter(({ requests, waitingExchanges }) => requests > 0 || waitingExchanges > 0);
  return busy.slice(0, MOST_ROWS);
}

function titled<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, paint }: PageOptions,
): string[] {
  return rows.length === 0 ? [] : [paint(title, 'bold'), ...fittedTable(columns, rows, width, paint)];
}

function sum(traffic: readonly Traffic[], read: (traffic: Traffic) => number): number {
  return traffic.reduce((total, each) => total + read(each), 0);
}
