import type { ScenarioPlace } from '../../scenarios/scenario.ts';
import type { Job, RouteTable } from '../job.ts';
import type { Peer } from '../peer.ts';

/** `reverse_proxy` with its defaults (forwarding headers included) and room for every connection of the run to stay open. */
export const caddy: Peer = {
  name: 'caddy',
  binary: { command: 'caddy', variable: 'CADDY_BIN' },
  version: { args: ['version'], pattern: /v(\S+)/ },
  cannot: {
    tokens: 'Caddy checks no tokens without a plugin.',
    cache: 'Caddy has no cache without a plugin.',
  },
  env: (folder) => ({ GOMAXPROCS: '1', XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }),
  configure: (job, place) => ({
    args: ['run', '--adapter', 'caddyfile', '--config', `${place.folder}/Caddyfile`],
    files: { Caddyfile: config(job, place) },
  }),
  check: (folder) => ['validate', '--adapter', 'caddyfile', '--config', `${folder}/Caddyfile`],
};

function config(job: Job, place: ScenarioPlace): string {
  const { tls, table } = job;
  const scheme = tls === null ? 'http' : 'https';
  const hosts = table === null || table.hosts.length === 0 ? [''] : table.hosts;
  const sites = hosts.map((host) => site(`${scheme}://${host}:${place.gatewayPort}`, job, place));
  return `
{
  admin off
  auto_https off
  persist_config off
${tls === null ? '' : `  default_sni ${tls.host}\n`}  servers {
    protocols h1 h2
  }
  log {
    level ERROR
  }
}
${sites.join('\n')}
`;
}

function site(address: string, { tls, table, failsOver }: Job, { originPorts }: ScenarioPlace): string {
  const to = originPorts.map((port) => `127.0.0.1:${port}`).join(' ');
  const proxies = matchersOf(table).map(
    (matcher) => `  reverse_proxy ${matcher}${to} {
${failsOver ? FAILOVER : ''}    transport http {
      keepalive_idle_conns_per_host 512
    }
  }`,
  );
  return `${address} {
  bind 127.0.0.1
${tls === null ? '' : `  tls ${tls.certFile} ${tls.keyFile}\n`}${proxies.join('\n')}
}`;
}

/** Its default repeats reads alone, unless no connection was made. */
const FAILOVER = `    lb_policy round_robin
    lb_try_duration 1s
    lb_try_interval 10ms
    fail_duration 1s
    max_fails 3
`;

const matchersOf = (table: RouteTable | null): string[] =>
  table === null ? [''] : table.paths.map((path) => `${path}* `);
