import type { ScenarioPlace } from '../../scenarios/scenario.ts';
import type { ChainJob, Job, RouteTable } from '../job.ts';
import type { Peer } from '../peer.ts';

/**
 * One thread; `http-reuse always`, which the configuration manual advises for origins that are known to keep connections. Routes are
 * a map file, as the manual has it for many of them. A token is verified every time: HAProxy remembers none. Logs go to stdout, as it advises for containers, and from there to /dev/null.
 */
export const haproxy: Peer = {
  name: 'haproxy',
  binary: { command: 'haproxy', variable: 'HAPROXY_BIN' },
  version: { args: ['-v'], pattern: /version (\S+)/ },
  cannot: {},
  configure: (job, place) => ({
    args: ['-db', '-f', `${place.folder}/haproxy.cfg`],
    files: {
      'haproxy.cfg': config(job, place),
      ...(job.table === null ? {} : { 'routes.map': routeMap(job.table) }),
    },
  }),
  check: (folder) => ['-c', '-q', '-f', `${folder}/haproxy.cfg`],
};

function config(job: Job, { folder, gatewayPort, originPorts }: ScenarioPlace): string {
  const { tls, chain, table, caches, failsOver } = job;
  const secure = tls === null ? '' : ` ssl crt ${tls.certFile}`;
  const servers = originPorts.map(
    (port, at) => `  server origin-${at} 127.0.0.1:${port}${failsOver ? ' check inter 500 fall 2 rise 1' : ''}`,
  );
  const key = table !== null && table.hosts.length > 0 ? 'base' : 'path';
  return `
global
  nbthread 1
  maxconn 8192
${chain === null ? '' : '  log stdout format raw local0 info\n'}defaults
  mode http
${chain === null ? '' : '  log global\n  option httplog\n'}  timeout connect 1s
  timeout client 60s
  timeout server 60s
${caches ? 'cache answers\n  total-max-size 64\n  max-object-size 1048576\n  max-age 600\n' : ''}frontend public
  bind 127.0.0.1:${gatewayPort}${secure}
${chain === null ? '' : chainRules(chain)}${table === null ? '  default_backend origin' : `  use_backend %[${key},map_beg(${folder}/routes.map)]`}
backend origin
  option forwardfor
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto ${tls === null ? 'http' : 'https'}
${caches ? '  http-request cache-use answers\n  http-response cache-store answers\n' : ''}${failsOver ? FAILOVER : ''}  http-reuse always
${servers.join('\n')}
`;
}

const FAILOVER = `  retries 2
  option redispatch 1
  retry-on conn-failure empty-response
  http-request disable-l7-retry unless METH_GET
`;

function chainRules({ keyFile, issuer, audience }: ChainJob): string {
  return `  stick-table type string len 64 size 100k expire 10s store http_req_rate(1s)
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_payload_query('$.iss') -m str ${issuer} }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_payload_query('$.aud') -m str ${audience} }
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${keyFile}") 1 }
  http-request set-var(txn.sub) var(txn.bearer),jwt_payload_query('$.sub')
  http-request track-sc0 var(txn.sub)
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }
  http-request set-header X-Team blue
  http-request del-header X-Old
`;
}

function routeMap({ hosts, paths }: RouteTable): string {
  const keys = hosts.length === 0 ? paths : hosts.flatMap((host) => paths.map((path) => `${host}${path}`));
  return `${keys.map((key) => `${key} origin`).join('\n')}\n`;
}
