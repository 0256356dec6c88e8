import type { Peer } from '../peer.ts';

/** One thread; `http-reuse always`, which the configuration manual advises for origins that are known to keep connections. */
export const haproxy: Peer = {
  name: 'haproxy',
  binary: { command: 'haproxy', variable: 'HAPROXY_BIN' },
  version: { args: ['-v'], pattern: /version (\S+)/ },
  launch: (folder, ports) => ({
    args: ['-db', '-f', `${folder}/haproxy.cfg`],
    files: {
      'haproxy.cfg': `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
frontend public
  bind 127.0.0.1:${ports.gateway}
  default_backend origin
backend origin
  option forwardfor
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
  http-reuse always
  server first 127.0.0.1:${ports.origin}
`,
    },
  }),
};
