import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { listenUnix } from '../../../native-bindings/native.ts';
import type { PushTarget } from '../config-source.ts';
import { type ListenAddress, removeSocketFile } from '../listening-sockets.ts';
import { AdminApi, type AdminApiOptions } from './admin-api.ts';
import { answerPush, PUSH_PATH } from './push-hook.ts';
import { problemReply, type Reply } from './reply.ts';

/** Limits that keep a client who sends or reads slowly, or many of them, from costing the supervisor more than a little. */
const LIMITS = {
  connections: 64,
  headerBytes: 16 * 1024,
  bodyBytes: 16 * 1024,
  headersMs: 5_000,
  requestMs: 10_000,
  /** A connection on which nothing moves, while it is kept alive or while its client does not read. */
  idleMs: 10_000,
  /** How often the two limits above are looked at. */
  checkMs: 1_000,
  /** As `idleMs`, where something is changed: a large config takes a while to compile. */
  changeMs: 300_000,
  /** What streams have at the end. */
  lastBytesMs: 1_000,
} as const;

export interface AdminOptions extends Omit<AdminApiOptions, 'isOnTcp'> {
  /** Port 0 takes a free one. */
  readonly address: ListenAddress;
  /** Where `POST /source/push` leads; null or absent: nowhere. */
  readonly push?: PushTarget | null;
}

/** The admin address: everything of resources.ts over plain HTTP, for operators and their machines. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #api: AdminApi;
  readonly #server: Server;
  /** Answers that are being streamed. */
  readonly #streams = new Set<Promise<void>>();

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#api = new AdminApi({ ...options, isOnTcp: !('unix' in options.address) });
    this.#server = createServer(
      {
        maxHeaderSize: LIMITS.headerBytes,
        headersTimeout: LIMITS.headersMs,
        requestTimeout: LIMITS.requestMs,
        keepAliveTimeout: LIMITS.idleMs,
        connectionsCheckingInterval: LIMITS.checkMs,
      },
      (request, response) => void this.#handle(request, response),
    );
    this.#server.timeout = LIMITS.idleMs;
    this.#server.maxConnections = LIMITS.connections;
  }

  /**
   * Begins to listen.
   *
   * @returns the port, or null for a unix socket
   * @throws Error of the system when the address cannot be listened on
   */
  async listen(): Promise<number | null> {
    const { address } = this.#options;
    // Opened by ourselves: Node would not take the place of a socket file that a killed gateway left behind.
    this.#server.listen(
      'unix' in address ? { fd: listenUnix(address.unix) } : { host: address.host, port: address.port },
    );
    await once(this.#server, 'listening');
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : null;
  }

  /** Stops listening, sends what streams that have ended still hold, and cuts every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    await Promise.race([Promise.all(this.#streams), delay(LIMITS.lastBytesMs)]);
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
    removeSocketFile(this.#options.address);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await this.#replyTo(request);
    request.socket.setTimeout(LIMITS.idleMs);
    if (typeof body !== 'string') {
      response.writeHead(status, headers);
      // A client that leaves, or does not read for LIMITS.idleMs, destroys the body with its connection.
      const sent = pipeline(body, response).catch(() => {});
      this.#streams.add(sent);
      await sent;
      this.#streams.delete(sent);
      return;
    }
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }

  async #replyTo(request: IncomingMessage): Promise<Reply> {
    const { push = null, onFailure } = this.#options;
    if (push !== null && request.url === PUSH_PATH) {
      return answerPush(request, push).catch((error: unknown) => {
        onFailure(error);
        return problemReply('admin_failed');
      });
    }
    return this.#api.reply({
      method: request.method!,
      url: request.url!,
      headers: request.headers,
      from: request.socket.remoteAddress ?? null,
      readBody: () => readBody(request),
      onChange: () => request.socket.setTimeout(LIMITS.changeMs),
    });
  }
}

/** Where it answers. @param port null for a unix socket */
export function adminUrl(address: ListenAddress, port: number | null): string {
  if ('unix' in address) return `unix:${address.unix}`;
  return `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}`;
}

/** The body as text; null: it is larger than anything here takes. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Left whole: who sent too much is to have an answer.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > LIMITS.bodyBytes) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
