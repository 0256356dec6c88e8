import { type AcceptorStatus, type KeySetStatus, readinessOf, type Status } from '../supervisor/admin/status.ts';
import type { CertificateStatus } from '../supervisor/certificates/certificate-status.ts';
import type { EndpointReading } from '../telemetry/endpoint-reading.ts';
import type { Traffic } from '../telemetry/traffic.ts';
import { progressLine } from './live/canary-page.ts';
import { leversTable } from './live/levers-table.ts';
import { type Column, column, table } from './text-table.ts';

/** A status as a page of plain text, the most urgent first. */
export function formatStatus(status: Status): string {
  const { config, acceptors, routes, upstreams } = status;
  // A gateway of an earlier version says nothing of endpoints.
  const unfit = (status.endpoints ?? []).filter(
    ({ healthy, ejected, circuit }) => !healthy || ejected || circuit !== 'closed',
  );
  const urgent = (status.certificates ?? []).filter(({ expiresSoon, lastError }) => expiresSoon || lastError !== null);
  const sections = [
    headline(status),
    acceptors.length > 0 ? table(ACCEPTOR_COLUMNS, acceptors) : null,
    routes.length > 0 ? table(trafficColumns('route'), routes) : null,
    unfit.length > 0 ? table(ENDPOINT_COLUMNS, unfit) : null,
    upstreams.length > 0 ? table([...trafficColumns('upstream'), ...POOL_COLUMNS], upstreams) : null,
    urgent.length > 0 ? certificateSection(urgent) : null,
    // A gateway of an older version sends none.
    (status.keySets ?? []).length > 0 ? keySetSection(status.keySets) : null,
  ];
  const problem = config.lastError;
  if (problem !== null) {
    sections.splice(1, 0, `The newest configuration was not published (${problem.at}):\n${indent(problem.message)}`);
  }
  const drift = driftSection(status);
  if (drift !== null) sections.splice(1, 0, drift);
  return `${sections.filter((section) => section !== null).join('\n\n')}\n`;
}

function headline(status: Status): string {
  const { ready, reason } = readinessOf(status);
  const { config } = status;
  const since = config.publishedAt === null ? '' : `, published ${config.publishedAt}`;
  // A gateway of an older version says nothing of it.
  const gone = config.sourceUnreachable ?? null;
  return [
    `${ready ? 'ready' : 'NOT READY'}: ${reason}`,
    `penstock ${status.version}, instance ${status.instance}, up ${formatSeconds(status.uptimeSeconds)}`,
    `config ${config.source}, generation ${config.generation}${since}${nameOf(config)}`,
    ...(gone === null ? [] : [`the source cannot be reached since ${gone.at}: ${gone.message}`]),
    `${status.acceptorRestarts} acceptor restarts, ${status.accessLog.droppedLines} log lines dropped, ` +
      `${status.unrouted} requests without a route`,
  ].join('\n');
}

/** A gateway of an earlier version has no name for what is live. */
function nameOf({ snapshot, label }: Status['config']): string {
  return snapshot === undefined ? '' : `, snapshot ${snapshot}${label === null ? '' : ` (${label})`}`;
}

/** What runs is not what the source says. Null: it is, or the gateway is of an earlier version and does not tell. */
function driftSection({ config, canary = null, levers = [] }: Status): string | null {
  const lines = (config.drift ?? []).map((reason) => `DRIFT: ${reason}`);
  if (canary !== null) lines.unshift(`CANARY: ${progressLine(canary, Date.now())}`);
  if (levers.length > 0) lines.push(indent(leversTable(levers)));
  return lines.length === 0 ? null : lines.join('\n');
}

const ACCEPTOR_COLUMNS: readonly Column<AcceptorStatus>[] = [
  column('acceptor', false, ({ slot }) => String(slot)),
  column('pid', true, ({ pid }) => String(pid)),
  column('state', false, ({ state }) => state),
  column('heartbeat', true, ({ heartbeatAgeSeconds }) => `${heartbeatAgeSeconds.toFixed(1)}s ago`),
  column('generation', true, ({ generation }) => String(generation)),
  column('connections', true, ({ openConnections }) => String(openConnections)),
  column('in flight', true, ({ exchangesInFlight }) => String(exchangesInFlight)),
  column('restarts', true, ({ restarts }) => String(restarts)),
];

const trafficColumns = (kind: string): readonly Column<Traffic>[] => [
  column(kind, false, ({ name }) => name),
  column('requests', true, ({ requests }) => String(requests)),
  column('5xx', true, ({ serverErrors }) => String(serverErrors)),
  column('gateway errors', true, ({ gatewayErrors }) => String(gatewayErrors)),
  column('gateway p50', true, ({ gatewayMs }) => formatMs(gatewayMs.p50)),
  column('p99', true, ({ gatewayMs }) => formatMs(gatewayMs.p99)),
  column('upstream p50', true, ({ upstreamMs }) => formatMs(upstreamMs.p50)),
  column('p99', true, ({ upstreamMs }) => formatMs(upstreamMs.p99)),
];

const POOL_COLUMNS: readonly Column<Traffic>[] = [
  column('connections', true, ({ openConnections }) => String(openConnections)),
  column('waiting', true, ({ waitingExchanges }) => String(waitingExchanges)),
];

const KEY_SET_COLUMNS: readonly Column<KeySetStatus>[] = [
  column('key set', false, ({ url }) => url),
  column('keys', true, ({ keys }) => (keys === null ? 'none' : String(keys))),
  column('skipped', true, ({ skipped }) => String(skipped.length)),
  column('fetched', false, ({ fetchedAt }) => fetchedAt ?? 'never'),
  column('state', false, ({ isStale, keys }) => (isStale ? (keys === null ? 'UNAVAILABLE' : 'STALE') : 'fresh')),
];

/** What is wrong with a key set stands below the table: it is a sentence. */
function keySetSection(sets: readonly KeySetStatus[]): string {
  const problems = sets.flatMap(({ url, skipped, lastError }) => [
    ...(lastError === null ? [] : [`  ${url} ${lastError.message} (${lastError.at})`]),
    ...skipped.map((reason) => `  ${url}: ${reason}`),
  ]);
  return [table(KEY_SET_COLUMNS, sets), ...problems].join('\n');
}

const CERTIFICATE_COLUMNS: readonly Column<CertificateStatus>[] = [
  column('certificate to renew', false, ({ subject, hosts }) => (hosts.length > 0 ? hosts.join(' ') : subject)),
  column('of', false, ({ listener, upstream }) =>
    upstream === null ? `listener ${listener}` : `upstream ${upstream}`,
  ),
  column('expires', false, ({ notAfter }) => notAfter),
  column('left', true, ({ daysLeft }) => (daysLeft < 0 ? 'EXPIRED' : `${daysLeft}d`)),
  column('file', false, ({ file }) => file),
];

function certificateSection(certificates: readonly CertificateStatus[]): string {
  const problems = certificates.flatMap(({ lastError }) =>
    lastError === null ? [] : [`  not renewed: ${lastError.message} (${lastError.at})`],
  );
  return [table(CERTIFICATE_COLUMNS, certificates), ...problems].join('\n');
}

/** Those that do not take requests as they should. */
const ENDPOINT_COLUMNS: readonly Column<EndpointReading>[] = [
  column('endpoint out of use', false, ({ endpoint }) => endpoint),
  column('upstream', false, ({ upstream }) => upstream),
  column('checks', false, ({ healthy }) => (healthy ? 'good' : 'UNHEALTHY')),
  column('ejected', false, ({ ejected }) => (ejected ? 'EJECTED' : 'no')),
  column('circuit', false, ({ circuit }) => (circuit === 'closed' ? circuit : circuit.toUpperCase())),
  column('in flight', true, ({ inFlight }) => String(inFlight)),
];

function formatMs(ms: number | null): string {
  if (ms === null) return '-';
  return ms < 999.5 ? `${ms.toPrecision(3)}ms` : `${(ms / 1000).toPrecision(3)}s`;
}

function formatSeconds(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${Math.floor(seconds)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}m`;
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
