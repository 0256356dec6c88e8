import type { Peer } from '../peer.ts';

/**
 * As the documentation of `ngx_http_upstream_module` (directive `keepalive`) advises: HTTP/1.1 to the origin, the Connection
 * header cleared, idle connections kept. The limits on requests a connection are raised so that none is closed in a run.
 */
export const nginx: Peer = {
  name: 'nginx',
  binary: { command: 'nginx', variable: 'NGINX_BIN' },
  version: { args: ['-v'], pattern: /nginx\/(\S+)/ },
  launch: (folder, ports) => ({
    args: ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr'],
    files: {
      'nginx.conf': `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream origin {
    server 127.0.0.1:${ports.origin};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${ports.gateway};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
    },
  }),
};
