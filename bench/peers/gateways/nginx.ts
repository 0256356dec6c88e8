import type { ScenarioPlace } from '../../scenarios/scenario.ts';
import type { Job, RouteTable } from '../job.ts';
import type { Peer } from '../peer.ts';

/**
 * To the origin as the documentation of `ngx_http_upstream_module` (directive `keepalive`) advises: HTTP/1.1, the Connection header
 * cleared, idle connections kept. The limits on requests a connection are raised so that none is closed in a run. TLS as in
 * "Configuring HTTPS servers": sessions in a shared cache. Large bodies are streamed and kept in no file, as Penstock's are.
 */
export const nginx: Peer = {
  name: 'nginx',
  binary: { command: 'nginx', variable: 'NGINX_BIN' },
  version: { args: ['-v'], pattern: /nginx\/(\S+)/ },
  cannot: { tokens: 'nginx checks tokens in its commercial version only (ngx_http_auth_jwt_module).' },
  configure: (job, place) => ({
    args: ['-p', place.folder, '-c', `${place.folder}/nginx.conf`, '-e', 'stderr'],
    files: { 'nginx.conf': config(job, place) },
  }),
  check: (folder) => ['-t', '-q', '-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr'],
};

function config(job: Job, { gatewayPort, originPorts }: ScenarioPlace): string {
  const listen = `listen 127.0.0.1:${gatewayPort}${job.tls === null ? '' : ' ssl'}`;
  const servers = originPorts.map((port) => `    server 127.0.0.1:${port}${failover(job)};`);
  return `
daemon off;
${asRoot()}worker_processes 1;
worker_rlimit_nofile 16384;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_max_body_size 16m;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_http_version 1.1;
${job.streams ? '  proxy_request_buffering off;\n' : ''}  proxy_max_temp_file_size 0;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Host $host;
  proxy_set_header X-Forwarded-Proto $scheme;
${job.caches ? '  proxy_cache_path cache levels=1:2 keys_zone=answers:10m use_temp_path=off;\n  proxy_cache answers;\n' : ''}${tls(job)}
  upstream origin {
${servers.join('\n')}
    keepalive 512;
    keepalive_requests 1000000000;
  }
${serverBlocks(listen, job.table)}
}
`;
}

/** Started by root its workers are somebody else, who has no business in the folder. */
const asRoot = (): string => (process.getuid?.() === 0 ? 'user root;\n' : '');

/** Its defaults repeat what was not sent, or is idempotent, on the next server. */
const failover = ({ failsOver }: Job): string => (failsOver ? ' max_fails=3 fail_timeout=1s' : '');

function tls({ tls: files }: Job): string {
  if (files === null) return '';
  return `  ssl_certificate ${files.certFile};
  ssl_certificate_key ${files.keyFile};
  ssl_session_cache shared:sessions:10m;
  ssl_session_timeout 10m;
`;
}

function serverBlocks(listen: string, table: RouteTable | null): string {
  if (table === null) return `  server { ${listen}; location / { proxy_pass http://origin; } }`;
  const locations = table.paths.map((path) => `    location ${path} { proxy_pass http://origin; }`).join('\n');
  const block = (name: string): string => `  server {\n    ${listen};${name}\n${locations}\n  }`;
  if (table.hosts.length === 0) return block('');
  const hash = '  server_names_hash_max_size 8192;\n';
  return hash + table.hosts.map((host) => block(` server_name ${host};`)).join('\n');
}
