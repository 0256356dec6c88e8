import type { ScenarioPlace } from '../../scenarios/scenario.ts';
import type { ChainJob, Job } from '../job.ts';
import type { Peer } from '../peer.ts';

const EXTENSIONS = 'type.googleapis.com/envoy.extensions';

type Settings = Readonly<Record<string, unknown>>;

/**
 * The static front-proxy configuration of the documentation, HTTP/1.1 on both sides, one worker, no admin. Hosts are virtual hosts,
 * which Envoy finds by hash. Its local rate limit has no bucket for each value of a claim: one bucket stands for all.
 */
export const envoy: Peer = {
  name: 'envoy',
  binary: { command: 'envoy', variable: 'ENVOY_BIN' },
  version: { args: ['--version'], pattern: /version: \w+\/([\d.]+)/ },
  cannot: { cache: "Envoy's documentation calls its cache work in progress, not intended for production use." },
  configure: (job, place) => ({
    args: ['-c', `${place.folder}/envoy.json`, '--concurrency', '1', '--log-level', 'error', '--disable-hot-restart'],
    files: { 'envoy.json': JSON.stringify(config(job, place)) },
  }),
  check: (folder) => ['--mode', 'validate', '-c', `${folder}/envoy.json`, '--log-level', 'error'],
};

const typed = (name: string, type: string, settings: Settings): Settings => ({
  name,
  typed_config: { '@type': `${EXTENSIONS}.${type}`, ...settings },
});

function config(job: Job, place: ScenarioPlace): Settings {
  const filters = [typed('http', 'filters.network.http_connection_manager.v3.HttpConnectionManager', http(job, place))];
  const chain = { filters, ...(job.tls === null ? {} : { transport_socket: downstreamTls(job.tls) }) };
  return {
    static_resources: {
      listeners: [{ name: 'public', address: address(place.gatewayPort), filter_chains: [chain] }],
      clusters: [cluster(job, place)],
    },
  };
}

const address = (port: number): Settings => ({ socket_address: { address: '127.0.0.1', port_value: port } });

function downstreamTls({ certFile, keyFile }: NonNullable<Job['tls']>): Settings {
  const certificate = { certificate_chain: { filename: certFile }, private_key: { filename: keyFile } };
  return typed('tls', 'transport_sockets.tls.v3.DownstreamTlsContext', {
    common_tls_context: { tls_certificates: [certificate] },
  });
}

function http({ table, chain, failsOver }: Job, { folder }: ScenarioPlace): Settings {
  const retries = { num_retries: 1, retry_host_predicate: OTHER_HOST };
  const unsent = failsOver ? { retry_policy: { retry_on: 'connect-failure', ...retries } } : {};
  const to = { cluster: 'origin', timeout: '30s', ...unsent };
  const repeated = { retry_on: 'connect-failure,reset', ...retries };
  const isGet = { name: ':method', string_match: { exact: 'GET' } };
  const changes = { request_headers_to_add: [SET_TEAM], request_headers_to_remove: ['x-old'] };
  const route = (prefix: string): Settings => ({ match: { prefix }, route: to, ...(chain === null ? {} : changes) });
  const routes = [
    ...(failsOver ? [{ match: { prefix: '/', headers: [isGet] }, route: { ...to, retry_policy: repeated } }] : []),
    ...(table?.paths ?? ['/']).map(route),
  ];
  const hosts = table === null || table.hosts.length === 0 ? ['*'] : table.hosts;
  return {
    stat_prefix: 'public',
    codec_type: 'HTTP1',
    use_remote_address: true,
    route_config: { virtual_hosts: hosts.map((host) => ({ name: host, domains: [host], routes })) },
    http_filters: [...(chain === null ? [] : chainFilters(chain)), ROUTER],
    ...(chain === null ? {} : { access_log: [fileLog(`${folder}/envoy-access.log`)] }),
  };
}

const ROUTER = typed('envoy.filters.http.router', 'filters.http.router.v3.Router', {});
const SET_TEAM = { header: { key: 'x-team', value: 'blue' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
const OTHER_HOST = [typed('previous', 'retry.host.previous_hosts.v3.PreviousHostsPredicate', {})];

const fileLog = (path: string): Settings => typed('file', 'access_loggers.file.v3.FileAccessLog', { path });

function chainFilters({ issuer, audience, keySetFile, rememberedTokens }: ChainJob): Settings[] {
  const provider = {
    issuer,
    audiences: [audience],
    forward: true,
    local_jwks: { filename: keySetFile },
    jwt_cache_config: { jwt_cache_size: rememberedTokens },
  };
  const always = { default_value: { numerator: 100 } };
  return [
    typed('envoy.filters.http.jwt_authn', 'filters.http.jwt_authn.v3.JwtAuthentication', {
      providers: { bench: provider },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'bench' } }],
    }),
    typed('envoy.filters.http.local_ratelimit', 'filters.http.local_ratelimit.v3.LocalRateLimit', {
      stat_prefix: 'limit',
      token_bucket: { max_tokens: 1_000_000, tokens_per_fill: 1_000_000, fill_interval: '1s' },
      filter_enabled: always,
      filter_enforced: always,
    }),
  ];
}

function cluster({ failsOver }: Job, { originPorts }: ScenarioPlace): Settings {
  const outliers = { consecutive_5xx: 3, interval: '0.5s', base_ejection_time: '1s', max_ejection_percent: 50 };
  return {
    name: 'origin',
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: 'origin',
      endpoints: [{ lb_endpoints: originPorts.map((port) => ({ endpoint: { address: address(port) } })) }],
    },
    ...(failsOver ? { outlier_detection: outliers, circuit_breakers: { thresholds: [{ max_retries: 1_024 }] } } : {}),
  };
}
