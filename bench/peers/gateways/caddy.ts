import type { Peer } from '../peer.ts';

/** `reverse_proxy` with its defaults (forwarding headers included) and room for every connection of the run to stay open. */
export const caddy: Peer = {
  name: 'caddy',
  binary: { command: 'caddy', variable: 'CADDY_BIN' },
  version: { args: ['version'], pattern: /v(\S+)/ },
  launch: (folder, ports) => ({
    args: ['run', '--adapter', 'caddyfile', '--config', `${folder}/Caddyfile`],
    env: { GOMAXPROCS: '1', XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    files: {
      Caddyfile: `
{
  admin off
  auto_https off
  persist_config off
  log {
    level ERROR
  }
}
http://127.0.0.1:${ports.gateway} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${ports.origin} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
`,
    },
  }),
};
