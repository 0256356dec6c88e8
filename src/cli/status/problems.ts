/** What is wrong with a gateway at the moment, as far as it knows: the part of the page that is read first. */
import type { Lever } from '../../ipc.ts';
import type { CertificateStatus } from '../../supervisor/certificates/certificate-status.ts';
import type { EndpointReading } from '../../telemetry/endpoint-reading.ts';
import type { Traffic } from '../../telemetry/traffic.ts';
import { endpointsByUpstream, isFit } from './endpoint-fitness.ts';
import type { SeenStatus } from './seen-status.ts';
import { count, formatAway, formatSeconds, formatShare } from './wording.ts';

export interface Problem {
  /** `bad`: requests fail, or will. `odd`: somebody should know. */
  readonly severity: 'bad' | 'odd';
  readonly text: string;
  /** Given as it is, below. */
  readonly detail?: string;
}

/** Less than this and it is too late to wait for a working day. */
const URGENT_DAYS = 3;

/** Bad ones first. @param routes what they did, since the start or lately */
export function problemsOf(status: SeenStatus, routes: readonly Traffic[], nowMs: number): Problem[] {
  const found = [
    ...trafficProblems(routes),
    ...configProblems(status, nowMs),
    ...acceptorProblems(status),
    ...endpointProblems(status),
    ...certificateProblems(status),
    ...keySetProblems(status, nowMs),
    ...lossProblems(status),
  ];
  return [...found.filter(({ severity }) => severity === 'bad'), ...found.filter(({ severity }) => severity === 'odd')];
}

/** With fewer requests a share says nothing. */
const FEWEST_REQUESTS = 20;
/** Share of 5xx from which on a route is told of, and from which on it is bad. */
const FAILING = { odd: 0.01, bad: 0.05 } as const;

function trafficProblems(routes: readonly Traffic[]): Problem[] {
  return routes.flatMap(({ name, requests, serverErrors }): Problem[] => {
    const share = serverErrors / requests;
    if (requests < FEWEST_REQUESTS || share < FAILING.odd) return [];
    const severity = share < FAILING.bad ? 'odd' : 'bad';
    return [{ severity, text: `route ${name}: ${formatShare(serverErrors, requests)} answered 5xx` }];
  });
}

function configProblems({ config, levers = [], canary = null }: SeenStatus, nowMs: number): Problem[] {
  const { lastError = null, drift, snapshot, sourceSnapshot } = config;
  const found: Problem[] = [];
  if (lastError !== null) {
    const text = `the newest configuration was refused ${formatAway(lastError.at, nowMs)}; the last good one goes on`;
    found.push({ severity: 'bad', text, detail: lastError.message });
  } else if (drift === undefined && sourceSnapshot != null && sourceSnapshot !== snapshot) {
    found.push({ severity: 'odd', text: `drift: ${snapshot} runs, the source says ${sourceSnapshot}` });
  }
  // Why the source cannot be used, and how many levers there are, is told in full.
  const isTold = (reason: string): boolean =>
    (lastError !== null && reason.includes('cannot be used')) || (levers.length > 0 && reason.includes('pulled'));
  for (const reason of drift ?? []) if (!isTold(reason)) found.push({ severity: 'odd', text: `drift: ${reason}` });
  for (const { id, lever, who, why, until } of levers) {
    const end = until === null ? 'until it is released' : `ends ${formatAway(until, nowMs)}`;
    found.push({
      severity: 'odd',
      text: `lever ${id}: ${describe(lever)}, ${end}${who === null ? '' : `, by ${who}`}: ${why}`,
    });
  }
  if (canary?.state === 'watching') {
    const { generation, acceptors, endsAt, total } = canary;
    const broken = total.broken.length > 0 ? `, broken: ${total.broken.join('; ')}` : '';
    const text = `canary: generation ${generation} on ${count(acceptors, 'acceptor')}, ends ${formatAway(endsAt, nowMs)}${broken}`;
    found.push({ severity: broken === '' ? 'odd' : 'bad', text });
  }
  return found;
}

function describe(lever: Lever): string {
  switch (lever.kind) {
    case 'kill-route':
      return `route ${lever.route} is switched off`;
    case 'limit':
      return `route ${lever.route} limited to ${lever.window.requests} per ${formatSeconds(lever.window.per / 1000)}`;
    case 'endpoint-out':
      return `${lever.endpoint} of ${lever.upstream} is out of rotation`;
    case 'log-level':
      return `log level ${lever.level}`;
    default:
      // Of a newer gateway.
      return (lever as { kind: string }).kind;
  }
}

function acceptorProblems({ acceptors, config, acceptorRestarts = 0 }: SeenStatus): Problem[] {
  const found: Problem[] = [];
  for (const { slot, pid, state, heartbeatAgeSeconds, generation } of acceptors) {
    const who = `acceptor ${slot} (pid ${pid})`;
    if (state === 'unresponsive')
      found.push({
        severity: 'bad',
        text: `${who} does not respond: no heartbeat for ${formatSeconds(heartbeatAgeSeconds)}`,
      });
    else if (state !== 'serving') found.push({ severity: 'odd', text: `${who} is ${state}` });
    else if (generation !== config.generation)
      found.push({ severity: 'odd', text: `${who} serves generation ${generation}, not ${config.generation}` });
  }
  if (acceptorRestarts > 0)
    found.push({
      severity: 'odd',
      text: `${count(acceptorRestarts, 'acceptor')} died and ${acceptorRestarts === 1 ? 'was' : 'were'} replaced since the start`,
    });
  return found;
}

function endpointProblems({ endpoints = [], upstreams = [] }: SeenStatus): Problem[] {
  const found: Problem[] = [];
  for (const [upstream, all] of endpointsByUpstream(endpoints)) {
    if (all.every((endpoint) => !isFit(endpoint)))
      found.push({
        severity: 'bad',
        text: `upstream ${upstream}: ${all.length === 1 ? 'its only endpoint is not' : `none of its ${all.length} endpoints is`} fit for requests`,
      });
  }
  for (const endpoint of endpoints) {
    const faults = faultsOf(endpoint);
    if (faults.length > 0)
      found.push({
        severity: 'odd',
        text: `endpoint ${endpoint.endpoint} of ${endpoint.upstream}: ${faults.join(', ')}`,
      });
  }
  for (const { name, waitingExchanges } of upstreams) {
    if (waitingExchanges > 0)
      found.push({
        severity: 'odd',
        text: `upstream ${name}: ${count(waitingExchanges, 'request')} waiting for a connection`,
      });
  }
  return found;
}

function faultsOf({ healthy, ejected, circuit }: EndpointReading): string[] {
  return [
    ...(healthy ? [] : ['UNHEALTHY']),
    ...(ejected ? ['EJECTED'] : []),
    ...(circuit === 'closed' ? [] : [`circuit ${circuit.toUpperCase()}`]),
  ];
}

function certificateProblems({ certificates = [] }: SeenStatus): Problem[] {
  return certificates.flatMap((certificate) => {
    const { daysLeft, expiresSoon, lastError } = certificate;
    const found: Problem[] = [];
    if (daysLeft < 0) found.push({ severity: 'bad', text: `${named(certificate)} has EXPIRED` });
    else if (daysLeft < URGENT_DAYS || expiresSoon)
      found.push({
        severity: daysLeft < URGENT_DAYS ? 'bad' : 'odd',
        text: `${named(certificate)} expires in ${count(daysLeft, 'day')}`,
      });
    if (lastError !== null)
      found.push({ severity: 'odd', text: `${named(certificate)} was not renewed`, detail: lastError.message });
    return found;
  });
}

function named({ subject, listener, upstream, file }: CertificateStatus): string {
  return `certificate ${subject} of ${upstream === null ? `listener ${listener}` : `upstream ${upstream}`} (${file})`;
}

function keySetProblems({ keySets = [] }: SeenStatus, nowMs: number): Problem[] {
  return keySets.flatMap(({ url, keys, fetchedAt, isStale, skipped, lastError }): Problem[] => {
    const reason = lastError === null ? {} : { detail: lastError.message };
    if (isStale && keys === null) return [{ severity: 'bad', text: `key set ${url} is UNAVAILABLE`, ...reason }];
    const since = fetchedAt === null ? '' : `, fetched ${formatAway(fetchedAt, nowMs)}`;
    const stale: Problem[] = isStale ? [{ severity: 'odd', text: `key set ${url} is STALE${since}`, ...reason }] : [];
    return [...stale, ...skipped.map((why): Problem => ({ severity: 'odd', text: `key set ${url}: ${why}` }))];
  });
}

function lossProblems({ accessLog }: SeenStatus): Problem[] {
  const lost = accessLog?.droppedLines ?? 0;
  return lost === 0 ? [] : [{ severity: 'odd', text: `${count(lost, 'access-log line')} lost since the start` }];
}
