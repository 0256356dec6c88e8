/**
 * Who is measured: Penstock as a plain proxy and with the full chain, and the others that can do the chain's work themselves.
 *
 * The chain: 100 routes; an RS256 token, its signature, issuer, audience and times checked; a limit for each consumer that is
 * never reached; a request header set and another renamed or removed; a line in the access log, to /dev/null.
 */

import { envoy as plainEnvoy } from '../peers/gateways/envoy.ts';
import { haproxy as plainHaproxy } from '../peers/gateways/haproxy.ts';
import { penstock as plainPenstock } from '../peers/gateways/penstock.ts';
import type { Launch, Peer, Ports } from '../peers/peer.ts';
import { AUDIENCE, ISSUER, SUBJECTS, type TokenSet } from '../scenarios/tokens.ts';
import { ROUTES } from './token-load.ts';

export interface Contender {
  readonly name: string;
  readonly peer: Omit<Peer, 'launch' | 'name'>;
  /** `seen`: a thousand tokens over and over; `new`: no token comes again before it has been forgotten. */
  readonly tokens: 'seen' | 'new';
  launch(folder: string, ports: Ports, tokens: TokenSet): Launch;
}

/** More than the tokens of a `new` run that lie between two uses of one; see main.ts. */
export const REMEMBERED_TOKENS = 1000;

const numbers = Array.from({ length: ROUTES }, (_, number) => number);

function penstockChain(ports: Ports): string {
  const consumers = Array.from({ length: SUBJECTS }, (_, at) => `  consumer-${at}: { subjects: [subject-${at}] }`);
  const routes = numbers.map(
    (number) =>
      `  - { name: service-${number}, match: { path: "/service-${number}/*" }, policies: [chain], forward: { upstream: origin } }`,
  );
  return `
version: 1
listeners:
  - { name: public, address: "127.0.0.1:${ports.gateway}" }
admin: { address: "127.0.0.1:${ports.admin}" }
runtime: { acceptors: 1 }
telemetry: { accessLog: { to: stdout } }
upstreams:
  origin: { endpoints: ["http://127.0.0.1:${ports.origin}"] }
consumers:
${consumers.join('\n')}
policies:
  chain:
    - jwt:
        keys: [{ file: key.pem, algorithms: [RS256] }]
        issuer: ${ISSUER}
        audience: ${AUDIENCE}
        remember: ${REMEMBERED_TOKENS}
    - rateLimit: { limit: 1000000/s, by: consumer }
    - headers: { request: { set: { x-team: blue }, remove: [x-old] } }
routes:
${routes.join('\n')}
  - { name: ready, match: { path: "/" }, forward: { upstream: origin } }
`;
}

const chain = (ports: Ports, folder: string, tokens: TokenSet): Launch => ({
  ...plainPenstock.launch(folder, ports),
  files: { 'penstock.yaml': penstockChain(ports), 'key.pem': tokens.publicKeyPem },
});

const haproxyRoutes = numbers.map((number) => `/service-${number}/ origin`).join('\n');

function haproxyChain(folder: string, ports: Ports): string {
  return `
global
  nbthread 1
  maxconn 4096
  log stdout format raw local0 info
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  timeout client 60s
  timeout server 60s
frontend public
  bind 127.0.0.1:${ports.gateway}
  stick-table type string len 64 size 100k expire 10s store http_req_rate(1s)
  http-request return status 200 content-type text/plain string ready if { path / }
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_payload_query('$.iss') -m str ${ISSUER} }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_payload_query('$.aud') -m str ${AUDIENCE} }
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${folder}/key.pem") 1 }
  http-request set-var(txn.sub) var(txn.bearer),jwt_payload_query('$.sub')
  http-request track-sc0 var(txn.sub)
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }
  http-request set-header X-Team blue
  http-request del-header X-Old
  use_backend %[path,map_beg(${folder}/routes.map,origin)]
backend origin
  option forwardfor
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
  http-reuse always
  server first 127.0.0.1:${ports.origin}
`;
}

/** A token bucket for each route, since Envoy's local rate limit has none for each value of a claim without a service beside it. */
function envoyChain(ports: Ports, tokens: TokenSet): string {
  const routes = numbers.map(
    (number) =>
      `                        - { match: { prefix: "/service-${number}/" }, route: { cluster: origin }, request_headers_to_add: [{ header: { key: x-team, value: blue }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }], request_headers_to_remove: [x-old] }`,
  );
  return `
static_resources:
  listeners:
    - name: public
      address: { socket_address: { address: 127.0.0.1, port_value: ${ports.gateway} } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: public
                codec_type: HTTP1
                use_remote_address: true
                access_log:
                  - name: envoy.access_loggers.file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: /dev/null
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
${routes.join('\n')}
                        - { match: { prefix: "/" }, route: { cluster: origin } }
                http_filters:
                  - name: envoy.filters.http.jwt_authn
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                      providers:
                        bench:
                          issuer: ${ISSUER}
                          audiences: [${AUDIENCE}]
                          local_jwks: { inline_string: '${tokens.jwks}' }
                          jwt_cache_config: { jwt_cache_size: ${REMEMBERED_TOKENS} }
                      rules:
                        - { match: { prefix: "/service-" }, requires: { provider_name: bench } }
                  - name: envoy.filters.http.local_ratelimit
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                      stat_prefix: limit
                      token_bucket: { max_tokens: 1000000, tokens_per_fill: 1000000, fill_interval: 1s }
                      filter_enabled: { default_value: { numerator: 100 } }
                      filter_enforced: { default_value: { numerator: 100 } }
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: origin
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: origin
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${ports.origin} } } }
`;
}

const haproxyLaunch: Contender['launch'] = (folder, ports, tokens) => ({
  ...plainHaproxy.launch(folder, ports),
  files: {
    'haproxy.cfg': haproxyChain(folder, ports),
    'key.pem': tokens.publicKeyPem,
    'routes.map': `${haproxyRoutes}\n`,
  },
});

const envoyLaunch: Contender['launch'] = (folder, ports, tokens) => ({
  ...plainEnvoy.launch(folder, ports),
  files: { 'envoy.yaml': envoyChain(ports, tokens) },
});

/** The first is what the others' figures are given as ratios to. */
export const CONTENDERS: readonly Contender[] = [
  { name: 'penstock plain', peer: plainPenstock, tokens: 'seen', launch: plainPenstock.launch },
  {
    name: 'penstock chain',
    peer: plainPenstock,
    tokens: 'seen',
    launch: (folder, ports, tokens) => chain(ports, folder, tokens),
  },
  {
    name: 'penstock chain, new tokens',
    peer: plainPenstock,
    tokens: 'new',
    launch: (folder, ports, tokens) => chain(ports, folder, tokens),
  },
  { name: 'haproxy chain', peer: plainHaproxy, tokens: 'seen', launch: haproxyLaunch },
  { name: 'envoy chain', peer: plainEnvoy, tokens: 'seen', launch: envoyLaunch },
  { name: 'envoy chain, new tokens', peer: plainEnvoy, tokens: 'new', launch: envoyLaunch },
];
