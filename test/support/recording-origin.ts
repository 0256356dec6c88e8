/**
 * A well-behaved origin that remembers every request it saw.
 *
 * How it answers is scripted beforehand, under a name that the request carries in `x-test-answer`; a request without that
 * header, or with an unknown name, gets a short 200. Bodies are hashed as they arrive, never held, so they may be of any size.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fillerStream } from './byte-source.ts';
import type { Certificate } from './certificates.ts';
import { DEFAULT_DEADLINE_MS, within } from './deadline.ts';
import type { Lifetime } from './lifetime.ts';

/** The request header that names the scripted answer. */
export const ANSWER_HEADER = 'x-test-answer';

export interface SeenRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  readonly path: string;
  /** Without the question mark; null when there is none. */
  readonly query: string | null;
  readonly httpVersion: string;
  /** In order, names as received. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** All values of a header joined, by lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly answer: string | null;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
  bodyBytes: number;
  /** SHA-256 of the body, hexadecimal; null until it is complete. */
  bodyDigest: string | null;
  /** `open` until the response has been sent; `aborted`: the peer went away before. */
  state: 'open' | 'answered' | 'aborted';
}

export interface Answer {
  readonly status: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Bytes, or so many made from a seed (byte-source.ts). Default: none. */
  readonly body?: Buffer | string | { readonly seed: string; readonly bytes: number };
  /** True: no Content-Length, so the body goes out chunked. */
  readonly chunked?: boolean;
  /** `head`: answers before the request body has arrived. Default: after it. */
  readonly when?: 'head' | 'body';
}

/** Full control for one answer; the request is consumed and recorded for it. */
export type AnswerFunction = (response: ServerResponse, seen: SeenRequest, request: IncomingMessage) => unknown;

const DEFAULT_ANSWER: Answer = { status: 200, headers: [['content-type', 'text/plain']], body: 'recorded\n' };

const pairs = (raw: readonly string[]): [string, string][] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]] as [string, string]] : []));

export class RecordingOrigin {
  readonly port: number;
  readonly url: string;
  readonly seen: SeenRequest[] = [];
  #answers = new Map<string, Answer | AnswerFunction>();
  #connections = new WeakMap<object, number>();
  #connectionCount = 0;
  #wake = new Set<() => void>();

  constructor(port: number, scheme: string) {
    this.port = port;
    this.url = `${scheme}://127.0.0.1:${port}`;
  }

  /** Connections made to this origin so far. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** Scripts the answer to requests that carry this name. */
  answer(name: string, answer: Answer | AnswerFunction): void {
    this.#answers.set(name, answer);
  }

  /** The requests that carried this answer's name. */
  requestsFor(name: string): readonly SeenRequest[] {
    return this.seen.filter((request) => request.answer === name);
  }

  /** Waits until a request fits: arrived, complete, or aborted, as the predicate says. */
  async request(fits: (seen: SeenRequest) => boolean, ms: number = DEFAULT_DEADLINE_MS): Promise<SeenRequest> {
    for (;;) {
      const found = this.seen.find(fits);
      if (found !== undefined) return found;
      let wake = (): void => {};
      const change = new Promise<void>((resolve) => (wake = resolve));
      this.#wake.add(wake);
      await within(change, 'such a request at the origin', ms).finally(() => this.#wake.delete(wake));
    }
  }

  #changed(): void {
    for (const wake of this.#wake) wake();
  }

  connected(socket: object): void {
    this.#connections.set(socket, ++this.#connectionCount);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = this.#record(request, response);
    const answer = (seen.answer !== null && this.#answers.get(seen.answer)) || DEFAULT_ANSWER;
    const body = this.#readBody(request, seen);
    if (typeof answer === 'function') {
      await Promise.all([body, answer(response, seen, request)]);
      return;
    }
    if (answer.when !== 'head') await body;
    await Promise.all([sendAnswer(response, answer, request.method === 'HEAD'), body]);
  }

  #record(request: IncomingMessage, response: ServerResponse): SeenRequest {
    const target = request.url ?? '';
    const mark = target.indexOf('?');
    const headers = pairs(request.rawHeaders);
    const seen: SeenRequest = {
      method: request.method ?? '',
      target,
      path: mark === -1 ? target : target.slice(0, mark),
      query: mark === -1 ? null : target.slice(mark + 1),
      httpVersion: request.httpVersion,
      headers,
      header: (name) => {
        const values = headers.filter(([key]) => key.toLowerCase() === name);
        return values.length === 0 ? undefined : values.map(([, value]) => value).join(', ');
      },
      answer: (request.headers[ANSWER_HEADER] as string | undefined) ?? null,
      connection: this.#connections.get(request.socket) ?? 0,
      bodyBytes: 0,
      bodyDigest: null,
      state: 'open',
    };
    this.seen.push(seen);
    response.on('close', () => {
      seen.state = response.writableFinished ? 'answered' : 'aborted';
      this.#changed();
    });
    this.#changed();
    return seen;
  }

  async #readBody(request: IncomingMessage, seen: SeenRequest): Promise<void> {
    const hash = createHash('sha256');
    for await (const piece of request as AsyncIterable<Buffer>) {
      hash.update(piece);
      seen.bodyBytes += piece.length;
    }
    seen.bodyDigest = hash.digest('hex');
    this.#changed();
  }
}

async function sendAnswer(response: ServerResponse, answer: Answer, isHead: boolean): Promise<void> {
  const body = answer.body ?? '';
  const isFiller = typeof body === 'object' && 'seed' in body;
  const length = isFiller ? body.bytes : Buffer.byteLength(body);
  const framing: readonly [string, string][] =
    answer.chunked || answer.status === 204 || answer.status === 304 ? [] : [['Content-Length', String(length)]];
  response.writeHead(answer.status, [...(answer.headers ?? []), ...framing].flat());
  if (isHead || length === 0) {
    response.end();
    return;
  }
  await pipeline(isFiller ? fillerStream(body.seed, length) : Readable.from([body]), response);
}

/**
 * Starts an origin on a free port, with TLS when given a certificate; it is closed when the lifetime ends.
 *
 * @param keepAliveTimeoutMs how long it keeps an idle connection
 */
export async function recordingOrigin(
  lifetime: Lifetime,
  { tls, keepAliveTimeoutMs = 60_000 }: { readonly tls?: Certificate; readonly keepAliveTimeoutMs?: number } = {},
): Promise<RecordingOrigin> {
  const options = { keepAliveTimeout: keepAliveTimeoutMs, maxHeaderSize: 262_144 };
  const server =
    tls === undefined ? createServer(options) : createTlsServer({ ...options, cert: tls.cert, key: tls.key });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = new RecordingOrigin((server.address() as AddressInfo).port, tls === undefined ? 'http' : 'https');
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: object) => origin.connected(socket));
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    origin.handle(request, response).catch(() => response.destroy());
  });
  lifetime.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return origin;
}
