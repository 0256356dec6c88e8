import { once } from 'node:events';
import net from 'node:net';
import type { TestContext } from 'node:test';
import type { Millis, SeriesId } from '../../../../src/brand.ts';
import type { CompiledUpstream } from '../../../../src/config/compiled.ts';
import { NO_ROW } from '../../../../src/shared-memory/endpoint-table.ts';

/** A raw TCP server on a free port of the loopback, closed with everything it accepted when the test ends. */
export class ScriptedOrigin {
  readonly sockets: net.Socket[] = [];
  readonly #server: net.Server;

  private constructor(server: net.Server) {
    this.#server = server;
  }

  static async start(
    t: TestContext,
    onSocket: (socket: net.Socket, index: number) => void,
    options: net.ServerOpts = {},
  ): Promise<ScriptedOrigin> {
    const server = net.createServer({ noDelay: true, ...options });
    const origin = new ScriptedOrigin(server);
    server.on('connection', (socket) => {
      origin.sockets.push(socket);
      socket.on('error', () => {});
      onSocket(socket, origin.sockets.length - 1);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => origin.stop());
    return origin;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Calls back with each request head that arrives on a socket, bodies being part of what follows. */
export function onRequestHead(socket: net.Socket, answer: (head: string, count: number) => void): void {
  let text = '';
  let count = 0;
  socket.on('data', (data) => {
    text += data.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end + 4);
      text = text.slice(end + 4);
      answer(head, ++count);
    }
  });
}

/** Starts an origin that answers every request head with the same bytes. */
export function startCanned(t: TestContext, response: string): Promise<ScriptedOrigin> {
  return ScriptedOrigin.start(t, (socket) => onRequestHead(socket, () => socket.write(response, 'latin1')));
}

export const GET = 'GET / HTTP/1.1\r\nhost: o.test\r\n\r\n';
export const HELLO = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

interface UpstreamOverrides {
  readonly perEndpoint?: number;
  readonly idleTimeout?: number;
  readonly connectTimeout?: number;
  readonly queue?: number;
  readonly queueTimeout?: number;
  readonly tls?: CompiledUpstream['tls'];
  readonly host?: string;
}

/** A compiled upstream of equal endpoints on the loopback. */
export function compiledUpstream(ports: readonly number[], overrides: UpstreamOverrides = {}): CompiledUpstream {
  const host = overrides.host ?? '127.0.0.1';
  return {
    name: 'origin',
    series: 0 as SeriesId,
    tls: overrides.tls ?? null,
    endpoints: ports.map((port) => ({ name: `http://${host}:${port}`, host, port, weight: 1, row: NO_ROW })),
    balance: 'roundRobin',
    hashBy: null,
    row: NO_ROW,
    care: null,
    connections: {
      perEndpoint: overrides.perEndpoint ?? 8,
      idleTimeout: (overrides.idleTimeout ?? 60_000) as Millis,
      connectTimeout: (overrides.connectTimeout ?? 5_000) as Millis,
      queue: overrides.queue ?? 8,
      queueTimeout: (overrides.queueTimeout ?? 5_000) as Millis,
    },
  };
}
