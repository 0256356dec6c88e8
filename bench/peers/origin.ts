/** What all gateways forward to: an answer of 1 KiB, as cheap to serve as can be, since it shares a core with the load. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBinary, LOAD_CORES, Service } from '../processes.ts';

export const BODY_BYTES = 1_024;

const body = 'penstock '.repeat(BODY_BYTES).slice(0, BODY_BYTES);

const nginxConfig = (port: number): string => `
daemon off;
worker_processes 1;
pid origin.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    default_type text/plain;
    location / { return 200 "${body}"; }
  }
}
`;

/** Which program answers: nginx where it is installed, else a plain Node server, which slower gateways do not outrun. */
export function originKind(): string {
  return findBinary('nginx', 'NGINX_BIN') === null ? 'node:http' : 'nginx';
}

/** Starts the origin on the load's cores. */
export async function startOrigin(folder: string, port: number): Promise<Service> {
  const nginx = findBinary('nginx', 'NGINX_BIN');
  const self = fileURLToPath(import.meta.url);
  if (nginx !== null) writeFileSync(join(folder, 'origin.conf'), nginxConfig(port));
  const command =
    nginx !== null
      ? { command: nginx, args: ['-p', folder, '-c', join(folder, 'origin.conf'), '-e', 'stderr'] }
      : { command: process.execPath, args: [self, String(port)] };
  const service = new Service('origin', LOAD_CORES, command, folder);
  await service.ready(port);
  return service;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const headers = { 'Content-Type': 'text/plain', 'Content-Length': BODY_BYTES };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().on('end', () => response.writeHead(200, headers).end(body));
  });
  server.listen(Number(process.argv[2]), '127.0.0.1');
}
