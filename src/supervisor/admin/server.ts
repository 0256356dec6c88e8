import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { listenUnix } from '../../../native-bindings/native.ts';
import { type ListenAddress, removeSocketFile } from '../listening-sockets.ts';
import { AdminAccess, type AdminToken, mayDo } from './admin-access.ts';
import type { AdminSource } from './admin-source.ts';
import { problemReply, type Reply } from './reply.ts';
import { type Asked, isChange, type Resource } from './resource.ts';
import { RESOURCE_TABLE } from './resources.ts';

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

export interface AdminOptions {
  /** Port 0 takes a free one. */
  readonly address: ListenAddress;
  /** None: none is asked for, and whoever can connect is an operator. */
  readonly tokens: readonly AdminToken[];
  readonly source: AdminSource;
  /** Told of what a resource threw; the client only learns that it failed. */
  onFailure(error: unknown): void;
}

/** The admin address: health, readiness, status and metrics over plain HTTP, for operators and their machines. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #access: AdminAccess;
  readonly #server: Server;
  /** Answers that are being streamed. */
  readonly #streams = new Set<Promise<void>>();

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#access = new AdminAccess(options.tokens);
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
    const { method, url, headers } = request;
    const [path, query] = url!.split('?', 2);
    const found = RESOURCE_TABLE.find(path!);
    const resource = found?.resources.get(method === 'HEAD' ? 'GET' : method!);
    const caller = this.#access.callerOf(headers.authorization);
    // Without a token, what is there and what is not looks the same.
    if (caller === null && !isForAnyone(found?.resources)) {
      return problemReply('admin_unauthorized', undefined, { 'www-authenticate': 'Bearer realm="penstock admin"' });
    }
    if (found === null) return problemReply('admin_not_found');
    if (resource === undefined) {
      const allowed = [...found.resources.keys()].flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
      return problemReply('admin_method_not_allowed', undefined, { allow: allowed.join(', ') });
    }
    if (caller !== null && resource.needs !== null && !mayDo(caller, resource.needs))
      return problemReply('admin_forbidden');
    const { params } = found;
    return await this.#answer(resource, request, { params, query: new URLSearchParams(query), caller: caller! });
  }

  async #answer(resource: Resource, request: IncomingMessage, asked: Omit<Asked, 'body'>): Promise<Reply> {
    try {
      const text = resource.body === undefined ? '' : await readBody(request);
      if (text === null) return problemReply('admin_request_too_large');
      const body = resource.body?.parse(text);
      if (typeof body === 'string') return problemReply('admin_request_invalid', body);
      request.socket.setTimeout(isChange(resource) ? LIMITS.changeMs : LIMITS.idleMs);
      return await resource.answer(this.#options.source, { ...asked, body });
    } catch (error) {
      this.#options.onFailure(error);
      return problemReply('admin_failed');
    }
  }
}

function isForAnyone(resources: ReadonlyMap<string, Resource> | undefined): boolean {
  return resources?.get('GET')?.needs === null;
}

/** The body as text; null: it is larger than anything here takes. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > LIMITS.bodyBytes) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
