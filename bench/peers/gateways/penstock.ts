import { fileURLToPath } from 'node:url';
import type { Peer } from '../peer.ts';

const manifest = fileURLToPath(new URL('../../../../package.json', import.meta.url));
const main = fileURLToPath(new URL('../../../src/main.js', import.meta.url));

/** One acceptor, metrics on (they always are), no access log. Runs the build of this checkout with the Node that runs this. */
export const penstock: Peer = {
  name: 'penstock',
  binary: { command: process.execPath, variable: 'PENSTOCK_NODE' },
  version: { args: ['-p', `require(${JSON.stringify(manifest)}).version`], pattern: /(\S+)/ },
  launch: (folder, ports) => ({
    args: [main, 'run', '-c', `${folder}/penstock.yaml`],
    files: {
      'penstock.yaml': `
version: 1
listeners:
  - { name: public, address: "127.0.0.1:${ports.gateway}" }
admin: { address: "127.0.0.1:${ports.admin}" }
runtime: { acceptors: 1 }
telemetry: { accessLog: { to: none } }
upstreams:
  origin: { endpoints: ["http://127.0.0.1:${ports.origin}"] }
routes:
  - { name: all, match: { path: "/*" }, forward: { upstream: origin } }
`,
    },
  }),
};
