import type { Peer } from '../peer.ts';

/** File provider, one router, one service; nothing logged per request, and nothing sent home. */
export const traefik: Peer = {
  name: 'traefik',
  binary: { command: 'traefik', variable: 'TRAEFIK_BIN' },
  version: { args: ['version'], pattern: /Version:\s+(\S+)/ },
  launch: (folder, ports) => ({
    args: [`--configFile=${folder}/traefik.yaml`],
    env: { GOMAXPROCS: '1' },
    files: {
      'traefik.yaml': `
global: { checkNewVersion: false, sendAnonymousUsage: false }
log: { level: ERROR }
entryPoints:
  public: { address: "127.0.0.1:${ports.gateway}" }
serversTransport: { maxIdleConnsPerHost: 256 }
providers:
  file: { filename: ${folder}/routes.yaml, watch: false }
`,
      'routes.yaml': `
http:
  routers:
    all: { rule: "PathPrefix(\`/\`)", entryPoints: [public], service: origin }
  services:
    origin:
      loadBalancer:
        servers: [{ url: "http://127.0.0.1:${ports.origin}" }]
`,
    },
  }),
};
