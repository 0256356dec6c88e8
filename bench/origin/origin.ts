/**
 * The origin behind the gateways of the bench, as cheap as Node allows, since it shares cores with the load:
 *
 *   node origin.js [PORT] [HOST]       port 0, the default: any; told to the parent by IPC when there is one
 *
 * Every request is answered, when its body has been read and dropped, as its `x-bench-answer` asks (see answer-header.ts).
 */
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { OriginConnection } from './origin-connection.ts';

export interface OriginReady {
  readonly kind: 'listening';
  readonly port: number;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = '0', host = '127.0.0.1'] = process.argv.slice(2);
  const server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => new OriginConnection(socket));
  server.listen({ port: Number(port), host, backlog: 4_096 }, () => {
    const ready: OriginReady = { kind: 'listening', port: (server.address() as AddressInfo).port };
    process.send?.(ready);
  });
  // Whoever forked it is gone.
  process.on('disconnect', () => process.exit(0));
}
