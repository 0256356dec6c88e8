import type { ScenarioPlace } from '../../scenarios/scenario.ts';
import type { Job, RouteTable } from '../job.ts';
import type { Peer } from '../peer.ts';

/** File provider, one router a route, one service; nothing logged per request, and nothing sent home. */
export const traefik: Peer = {
  name: 'traefik',
  binary: { command: 'traefik', variable: 'TRAEFIK_BIN' },
  version: { args: ['version'], pattern: /Version:\s+(\S+)/ },
  cannot: {
    tokens: 'Traefik Proxy checks no tokens without a plugin or a service beside it (that is in Traefik Hub).',
    cache: 'Traefik Proxy has no cache without a plugin (that is in Traefik Hub).',
  },
  env: () => ({ GOMAXPROCS: '1' }),
  configure: (job, place) => ({
    args: [`--configFile=${place.folder}/traefik.yaml`],
    files: { 'traefik.yaml': entry(job, place), 'traefik-routes.yaml': JSON.stringify(dynamic(job, place)) },
  }),
  check: () => null,
};

const entry = ({ tls }: Job, { folder, gatewayPort }: ScenarioPlace): string => `
global: { checkNewVersion: false, sendAnonymousUsage: false }
log: { level: ERROR }
entryPoints:
  public:
    address: "127.0.0.1:${gatewayPort}"
${tls === null ? '' : '    http: { tls: {} }\n'}serversTransport: { maxIdleConnsPerHost: 512 }
providers:
  file: { filename: ${folder}/traefik-routes.yaml, watch: false }
`;

function dynamic({ table, tls, failsOver }: Job, { originPorts }: ScenarioPlace): object {
  const servers = originPorts.map((port) => ({ url: `http://127.0.0.1:${port}` }));
  const checks = { path: '/', interval: '500ms', timeout: '500ms' };
  const certificate = tls === null ? null : { certFile: tls.certFile, keyFile: tls.keyFile };
  return {
    http: {
      routers: Object.fromEntries(rulesOf(table).map((rule, at) => [`route-${at}`, router(rule, failsOver)])),
      services: { origin: { loadBalancer: { servers, ...(failsOver ? { healthCheck: checks } : {}) } } },
      ...(failsOver ? { middlewares: { repeat: { retry: { attempts: 4 } } } } : {}),
    },
    ...(certificate === null ? {} : { tls: { stores: { default: { defaultCertificate: certificate } } } }),
  };
}

const router = (rule: string, isRepeated: boolean): object => ({
  rule,
  entryPoints: ['public'],
  service: 'origin',
  ...(isRepeated ? { middlewares: ['repeat'] } : {}),
});

function rulesOf(table: RouteTable | null): string[] {
  if (table === null) return ['PathPrefix(`/`)'];
  const paths = table.paths.map((path) => `PathPrefix(\`${path}\`)`);
  if (table.hosts.length === 0) return paths;
  return table.hosts.flatMap((host) => paths.map((path) => `Host(\`${host}\`) && ${path}`));
}
