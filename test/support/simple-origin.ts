/** An origin that does one thing and remembers nothing, for loads of many requests. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Lifetime } from './lifetime.ts';

export interface SimpleOrigin {
  readonly url: string;
  /** Connections made to it so far. */
  connectionCount(): number;
}

/** Starts an origin on a free port; it is closed when the lifetime ends. Keeps idle connections for a minute. */
export async function simpleOrigin(lifetime: Lifetime, answer: RequestListener): Promise<SimpleOrigin> {
  let connections = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, answer);
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  lifetime.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connectionCount: () => connections };
}
