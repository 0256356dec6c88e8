import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary, Service } from '../processes.ts';
import type { RunOrigins } from '../run/measure.ts';

const BODY = 'penstock '.repeat(1_024).slice(0, 1_024);

const config = (port: number): string => `
daemon off;
worker_processes 1;
pid origin-${port}.pid;
error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    default_type text/plain;
    add_header Cache-Control max-age=600;
    location / { return 200 "${BODY}"; }
  }
}
`;

/** Where nginx is; null: it is not installed. */
export const findCheapOrigin = (): string | null => findBinary('nginx', 'NGINX_BIN');

/**
 * For a load that saturates: whatever is asked, 1 KiB from an nginx, which takes less of the load's cores than the bench's own
 * origins do. Nobody kills them.
 */
export class CheapOrigins implements RunOrigins {
  readonly #folder: string;
  readonly #ports: readonly number[];
  readonly #cores: string;
  readonly #running: Service[] = [];

  constructor(folder: string, ports: readonly number[], cores: string) {
    this.#folder = folder;
    this.#ports = ports;
    this.#cores = cores;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#ports.map((_, index) => this.start(index)));
  }

  async start(index: number): Promise<void> {
    const port = this.#ports[index]!;
    const file = join(this.#folder, `origin-${port}.conf`);
    writeFileSync(file, config(port));
    const args = ['-p', this.#folder, '-c', file, '-e', 'stderr'];
    const service = new Service('the origin', this.#cores, { command: findCheapOrigin()!, args }, this.#folder);
    this.#running.push(service);
    await service.ready(port);
  }

  async kill(): Promise<void> {
    throw new Error('no origin is killed in a closed loop');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((service) => service.stop()));
  }
}
