/**
 * The origin behind `penstock run --demo`: something to forward to on a machine that has nothing else.
 *
 *   /catalog/{id}      a product, with ETag and Cache-Control
 *   /slow?ms=250       answers late
 *   /status/{code}     answers with that status
 *   /stream            five ticks, one each 100 ms, chunked
 *   /bytes/{n}         n bytes
 *   /echo              the request body, as it arrives
 *   anything else      what was received, as JSON
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

export const DEMO_ORIGIN_PORT = 9001;

const MAX_DELAY_MS = 60_000;
const MAX_BYTES = 1024 ** 3;
const PIECE = Buffer.alloc(65_536, 'penstock ');
const TICKS = 5;
const TICK_MS = 100;

const PRODUCTS = ['espresso machine', 'desk lamp', 'rain jacket', 'road bike', 'field notebook'] as const;

type Answer = (request: IncomingMessage, response: ServerResponse, url: URL, parameter: string) => unknown;

function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = `${JSON.stringify(value, null, 2)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

const product: Answer = (request, response, _url, id) => {
  const number = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const value = {
    id,
    name: PRODUCTS[number % PRODUCTS.length],
    price: { amount: 10 + (number % 90), currency: 'EUR' },
  };
  const etag = `"${createHash('sha1').update(JSON.stringify(value)).digest('hex').slice(0, 16)}"`;
  const caching = { ETag: etag, 'Cache-Control': 'public, max-age=30' };
  if (request.headers['if-none-match'] === etag) response.writeHead(304, caching).end();
  else sendJson(response, 200, value, caching);
};

const slow: Answer = async (_request, response, url) => {
  const ms = Math.min(Math.max(Number(url.searchParams.get('ms') ?? 250) || 0, 0), MAX_DELAY_MS);
  await delay(ms);
  sendJson(response, 200, { waitedMs: ms });
};

const status: Answer = (_request, response, _url, code) => sendJson(response, Number(code), { status: Number(code) });

const stream: Answer = (_request, response) => {
  async function* ticks(): AsyncGenerator<string> {
    for (let tick = 1; tick <= TICKS; tick++) {
      yield `tick ${tick}\n`;
      if (tick < TICKS) await delay(TICK_MS);
    }
  }
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  return pipeline(Readable.from(ticks()), response);
};

const bytes: Answer = (_request, response, _url, count) => {
  const total = Math.min(Number(count), MAX_BYTES);
  function* pieces(): Generator<Buffer> {
    for (let left = total; left > 0; left -= PIECE.length) yield PIECE.subarray(0, Math.min(left, PIECE.length));
  }
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': total });
  return pipeline(Readable.from(pieces(), { objectMode: false }), response);
};

const echo: Answer = (request, response) => {
  response.writeHead(200, { 'Content-Type': request.headers['content-type'] ?? 'application/octet-stream' });
  return pipeline(request, response);
};

const describe: Answer = async (request, response, url) => {
  let bodyBytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) bodyBytes += piece.length;
  sendJson(response, 200, {
    origin: 'penstock demo',
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    bodyBytes,
  });
};

const ANSWERS: readonly (readonly [path: RegExp, answer: Answer])[] = [
  [/^\/catalog\/([\w.~-]+)$/, product],
  [/^\/slow$/, slow],
  [/^\/status\/([2-5]\d\d)$/, status],
  [/^\/stream$/, stream],
  [/^\/bytes\/(\d{1,12})$/, bytes],
  [/^\/echo$/, echo],
  [/^/, describe],
];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(`http://demo${request.url}`);
  for (const [path, handler] of ANSWERS) {
    const match = path.exec(url.pathname);
    if (match !== null) return void (await handler(request, response, url, match[1] ?? ''));
  }
}

/**
 * Starts the demo origin on 127.0.0.1.
 *
 * @param port 0 takes a free one
 * @returns the server, and the port it listens on
 * @throws Error with one sentence for the user when the port is taken
 */
export async function startDemoOrigin(port: number): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`The demo origin cannot start: port ${port} of 127.0.0.1 is taken. End what listens there first.`);
  }
  return { server, port: (server.address() as AddressInfo).port };
}

/** What a forked demo origin tells the gateway, once. */
export type DemoOriginReply = { readonly port: number } | { readonly error: string };

async function main(): Promise<void> {
  const { server, port } = await startDemoOrigin(Number(process.argv[2] ?? DEMO_ORIGIN_PORT));
  process.stdout.write(`demo origin on http://127.0.0.1:${port}\n`);
  const stop = (): void => {
    server.close();
    server.closeIdleConnections();
  };
  process.on('SIGTERM', stop);
  if (process.send === undefined) {
    process.on('SIGINT', stop);
    return;
  }
  // Forked by the gateway. Ctrl-C reaches both at once: the gateway drains first, and this ends when it is gone.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  process.send({ port } satisfies DemoOriginReply);
}

function fail(error: Error): void {
  if (process.send === undefined) process.stderr.write(`${error.message}\n`);
  else process.send({ error: error.message } satisfies DemoOriginReply);
  process.exitCode = 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch(fail);
}
