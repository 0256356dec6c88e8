import { readdirSync } from 'node:fs';
import { CERTIFICATE_FAMILIES } from './certificate-families.ts';
import { ENDPOINT_FAMILIES } from './endpoint-families.ts';
import type { MetricsSource } from './metrics-source.ts';
import { type DurationSample, EXPOSED_BOUNDS, type Scrape, type SeriesSample } from './scrape.ts';

/** One line of a page: `labels` come before `sharedLabels`, `metricName` stands in place of the family's name. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly sharedLabels?: Labels;
  readonly metricName?: string;
}

type Labels = Readonly<Record<string, string | number>>;

/** A family of samples that is read, never counted up: `read` runs once a scrape. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  read(scrape: Scrape, source: MetricsSource): Sample[];
}

/** Every metric of the gateway, in the order of the page. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'penstock_requests_total',
    help: 'Exchanges ended, by the route taken ("-": none) and the class of the status sent ("none": no status was).',
    type: 'counter',
    read: ({ routes }) => routes.flatMap((route) => statusClasses({ route: route.name }, route)),
  },
  {
    name: 'penstock_gateway_seconds',
    help: "Time an exchange spent in the gateway's own hands.",
    type: 'histogram',
    read: ({ routes }) =>
      routes.flatMap((route) => durations('penstock_gateway_seconds', { route: route.name }, route.gatewayTime)),
  },
  {
    name: 'penstock_upstream_seconds',
    help: 'Time an exchange waited for its upstream: for a connection and for response heads, all attempts together.',
    type: 'histogram',
    read: ({ routes }) =>
      routes.flatMap((route) => durations('penstock_upstream_seconds', { route: route.name }, route.upstreamTime)),
  },
  {
    name: 'penstock_request_bytes_total',
    help: 'Bytes of request bodies received.',
    type: 'counter',
    read: ({ routes }) => routes.map((route) => ({ labels: { route: route.name }, value: route.bytesIn })),
  },
  {
    name: 'penstock_response_bytes_total',
    help: 'Bytes of response bodies sent.',
    type: 'counter',
    read: ({ routes }) => routes.map((route) => ({ labels: { route: route.name }, value: route.bytesOut })),
  },
  {
    name: 'penstock_gateway_errors_total',
    help: "Exchanges that ended with an error of the gateway's own, by code.",
    type: 'counter',
    read: ({ routes }) => routes.flatMap((route) => errorCodes({ route: route.name }, route)),
  },
  {
    name: 'penstock_rate_limit_dry_run_total',
    help: 'Requests that a rate limit with dryRun would have refused.',
    type: 'counter',
    read: ({ routes }) =>
      routes
        .filter(({ dryRunRefusals }) => dryRunRefusals > 0)
        .map((route) => ({ labels: { route: route.name }, value: route.dryRunRefusals })),
  },
  {
    name: 'penstock_cache_requests_total',
    help: 'Exchanges for which a cache was asked: hit, the response came out of the store; miss, from the upstream.',
    type: 'counter',
    read: ({ routes }) => routes.flatMap((route) => cacheResults({ route: route.name }, route)),
  },
  {
    name: 'penstock_upstream_requests_total',
    help: 'Exchanges ended for which this upstream was chosen, by the class of the status the client was sent.',
    type: 'counter',
    read: ({ upstreams }) => upstreams.flatMap((upstream) => statusClasses({ upstream: upstream.name }, upstream)),
  },
  {
    name: 'penstock_upstream_request_seconds',
    help: 'As penstock_upstream_seconds, by upstream instead of by route.',
    type: 'histogram',
    read: ({ upstreams }) =>
      upstreams.flatMap(({ name, upstreamTime }) =>
        durations('penstock_upstream_request_seconds', { upstream: name }, upstreamTime),
      ),
  },
  {
    name: 'penstock_upstream_errors_total',
    help: 'As penstock_gateway_errors_total, by upstream instead of by route.',
    type: 'counter',
    read: ({ upstreams }) => upstreams.flatMap((upstream) => errorCodes({ upstream: upstream.name }, upstream)),
  },
  {
    name: 'penstock_upstream_retries_total',
    help: 'Attempts at an upstream after the first of an exchange.',
    type: 'counter',
    read: ({ upstreams }) => upstreams.map(({ name, retries }) => ({ labels: { upstream: name }, value: retries })),
  },
  {
    name: 'penstock_upstream_connections',
    help: 'Open connections to an upstream, over all acceptors.',
    type: 'gauge',
    read: ({ upstreams }) =>
      upstreams.map(({ name, openConnections }) => ({ labels: { upstream: name }, value: openConnections })),
  },
  {
    name: 'penstock_upstream_waiting',
    help: 'Exchanges that wait for a connection to an upstream, over all acceptors.',
    type: 'gauge',
    read: ({ upstreams }) =>
      upstreams.map(({ name, waitingExchanges }) => ({ labels: { upstream: name }, value: waitingExchanges })),
  },
  ...ENDPOINT_FAMILIES,
  ...CERTIFICATE_FAMILIES,
  {
    name: 'penstock_connections',
    help: 'Open connections of clients.',
    type: 'gauge',
    read: (_, source) =>
      source.acceptors().map(({ slot, openConnections }) => ({ labels: { acceptor: slot }, value: openConnections })),
  },
  {
    name: 'penstock_exchanges_in_flight',
    help: 'Exchanges begun and not yet ended.',
    type: 'gauge',
    read: (_, source) =>
      source
        .acceptors()
        .map(({ slot, exchangesInFlight }) => ({ labels: { acceptor: slot }, value: exchangesInFlight })),
  },
  {
    name: 'penstock_config_generation',
    help: 'Generation of the configuration an acceptor serves.',
    type: 'gauge',
    read: (_, source) =>
      source.acceptors().map(({ slot, generation }) => ({ labels: { acceptor: slot }, value: generation })),
  },
  {
    name: 'penstock_config_published_generation',
    help: 'Generation of the configuration published last.',
    type: 'gauge',
    read: (_, source) => [{ labels: {}, value: source.publishedGeneration() }],
  },
  {
    name: 'penstock_acceptor_restarts_total',
    help: 'Acceptors started in place of one that died.',
    type: 'counter',
    read: (_, source) => [{ labels: {}, value: source.acceptorRestarts() }],
  },
  {
    name: 'penstock_access_log_dropped_total',
    help: 'Access-log lines lost because the log could not take them.',
    type: 'counter',
    read: (_, source) => [{ labels: {}, value: source.accessLogDropped() }],
  },
  {
    name: 'penstock_spans_exported_total',
    help: 'Spans that the collector has taken.',
    type: 'counter',
    read: (_, source) => [{ labels: {}, value: source.spans().exported }],
  },
  {
    name: 'penstock_spans_failed_total',
    help: 'Spans lost because the collector could not be reached or refused them.',
    type: 'counter',
    read: (_, source) => [{ labels: {}, value: source.spans().failed }],
  },
  {
    name: 'penstock_spans_dropped_total',
    help: 'Spans lost because too many were on their way to the collector already.',
    type: 'counter',
    read: (_, source) => [{ labels: {}, value: source.spans().dropped }],
  },
  {
    name: 'penstock_rate_limit_evictions_total',
    help: 'Keys that lost their rate-limit bucket before it was full again: runtime.memory.buckets is too small.',
    type: 'counter',
    read: (_, source) => [{ labels: {}, value: source.bucketEvictions() }],
  },
  {
    name: 'penstock_build_info',
    help: 'Always 1; the labels say what runs.',
    type: 'gauge',
    read: (_, source) => [{ labels: { version: source.version, node: process.versions.node }, value: 1 }],
  },
  // The supervisor's own process, under the names every Prometheus client library uses. prom-client's collectors of the
  // same would also watch the event loop a hundred times a second, and this process has no loop worth watching.
  {
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the supervisor.',
    type: 'counter',
    read: () => [{ labels: {}, value: cpuSeconds() }],
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the supervisor.',
    type: 'gauge',
    read: () => [{ labels: {}, value: process.memoryUsage.rss() }],
  },
  {
    name: 'process_open_fds',
    help: 'File descriptors the supervisor holds open.',
    type: 'gauge',
    read: () => [{ labels: {}, value: readdirSync('/proc/self/fd').length }],
  },
  {
    name: 'process_start_time_seconds',
    help: 'When the supervisor started, in seconds since the epoch.',
    type: 'gauge',
    read: () => [{ labels: {}, value: performance.timeOrigin / 1000 }],
  },
];

function statusClasses(labels: Labels, { requests }: SeriesSample): Sample[] {
  return requests.map(([statusClass, value]) => ({ labels: { ...labels, status_class: statusClass }, value }));
}

function errorCodes(labels: Labels, { errors }: SeriesSample): Sample[] {
  return errors.map(([code, value]) => ({ labels: { ...labels, code }, value }));
}

/** A route whose cache was never asked has no lines. */
function cacheResults(labels: Labels, { cacheHits, cacheMisses }: SeriesSample): Sample[] {
  if (cacheHits === 0 && cacheMisses === 0) return [];
  return [
    { labels: { ...labels, result: 'hit' }, value: cacheHits },
    { labels: { ...labels, result: 'miss' }, value: cacheMisses },
  ];
}

/** A histogram nothing was counted in is left out. */
function durations(name: string, sharedLabels: Labels, { cumulative, count, sumSeconds }: DurationSample): Sample[] {
  if (count === 0) return [];
  const bucket = (le: number | string, value: number): Sample => ({
    metricName: `${name}_bucket`,
    labels: { le },
    sharedLabels,
    value,
  });
  return [
    ...cumulative.map((value, index) => bucket(EXPOSED_BOUNDS[index], value)),
    bucket('+Inf', count),
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sumSeconds },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  ];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
