/** What a body of any size costs in memory: next to nothing, whoever is slow. */
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http';
import { request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { after, describe, it } from 'node:test';
import { MemoryWatch, nothingInFlight } from '../support/acceptor.ts';
import { fillerDigest, fillerStream } from '../support/byte-source.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { startGateway } from '../support/gateway.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { standsStill } from '../support/stands-still.ts';

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
/** Far more than all sockets between two ends can hold, so that the end that stops reading is felt by the other. */
const SLOW_BYTES = 192 * MIB;
const MOST_MIB = 32;

type Framing = 'known length' | 'chunked' | 'close-delimited';

const digests = new Map([0, SLOW_BYTES, GIB].map((bytes) => [bytes, fillerDigest('large', bytes)]));
/** Reads a body as the current test wants it read. */
let readUpload: (request: IncomingMessage, hash: Hash) => Promise<void> = readAll;
/** Opens requests of the current test: over plain TCP, or TLS. */
let requestTo = (options: RequestOptions): ClientRequest => request({ ...options, port: gateway.portOf('public') });
/** Bytes the origin's socket has been given for the current download. */
let sentBytes = () => 0;

const server = createServer((incoming, response) => {
  const url = new URL(incoming.url!, 'http://origin');
  void (incoming.method === 'GET'
    ? sendBody(response, Number(url.searchParams.get('bytes')), url.searchParams.get('framing') as Framing)
    : takeBody(incoming, response));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
server.requestTimeout = 0;
after(() => {
  server.close();
  server.closeAllConnections();
});

const authority = certificateAuthority({ after });
const gateway = await startGateway(
  { after },
  proxyConfig({
    upstreams: { origin: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] },
    routes: { '/*': { upstream: 'origin', timeout: 'none' } },
    certificate: authority.issue('localhost'),
  }),
);
const [acceptor] = await gateway.acceptorPids();

async function sendBody(response: ServerResponse, bytes: number, framing: Framing): Promise<void> {
  const socket = response.socket!;
  const before = socket.bytesWritten;
  sentBytes = () => socket.bytesWritten - socket.writableLength - before;
  if (framing === 'close-delimited') {
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
    fillerStream('large', bytes).pipe(socket);
  } else {
    response.writeHead(200, framing === 'known length' ? { 'content-length': bytes } : {});
    fillerStream('large', bytes).pipe(response);
  }
}

async function takeBody(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  await readUpload(incoming, hash);
  response.end(hash.digest('hex'));
}

async function readAll(body: IncomingMessage, hash: Hash): Promise<void> {
  body.on('data', (piece: Buffer) => hash.update(piece));
  await finished(body);
}

/** Stops twice in the middle until the other end stands still, too. */
async function readWithStops(body: IncomingMessage, hash: Hash, sent: () => number): Promise<void> {
  let received = 0;
  body.on('data', (piece: Buffer) => {
    hash.update(piece);
    received += piece.length;
  });
  for (let stop = 1; stop <= 2; stop++) {
    while (received < (stop * SLOW_BYTES) / 3) await once(body, 'data');
    body.pause();
    const reached = await standsStill(sent);
    assert.ok(reached < SLOW_BYTES, 'the other end could send everything while nobody read');
    body.resume();
  }
  await finished(body);
}

function open(method: string, path: string, headers: Record<string, string | number> = {}) {
  return requestTo({ host: '127.0.0.1', agent: false, method, path, headers });
}

async function download(bytes: number, framing: Framing, read = readAll): Promise<void> {
  const outgoing = open('GET', `/?bytes=${bytes}&framing=${framing.replace(' ', '+')}`).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const hash = createHash('sha256');
  await read(response, hash);
  assert.equal(hash.digest('hex'), digests.get(bytes));
  assert.equal(response.headers['content-length'], framing === 'known length' ? String(bytes) : undefined);
}

async function upload(bytes: number, framing: Framing): Promise<void> {
  const outgoing = open('PUT', '/', framing === 'known length' ? { 'content-length': bytes } : {});
  const sent = fillerStream('large', bytes).pipe(outgoing);
  readUpload =
    bytes === GIB ? readAll : (body, hash) => readWithStops(body, hash, () => sent.socket?.bytesWritten ?? 0);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const [digest] = (await once(response, 'data')) as [Buffer];
  assert.equal(digest.toString(), digests.get(bytes));
}

async function inLittleMemory(transfer: () => Promise<void>): Promise<void> {
  const memory = new MemoryWatch(acceptor);
  await transfer();
  assert.ok(memory.peakGrowthMiB < MOST_MIB, `the acceptor grew by ${memory.peakGrowthMiB.toFixed(1)} MiB`);
}

describe('the acceptor grows by less than 32 MiB and every byte arrives', () => {
  for (const framing of ['known length', 'chunked', 'close-delimited'] as const) {
    // The two framings that a connection outlives; without one, what counts is where the body ends.
    const bytes = framing === 'close-delimited' ? SLOW_BYTES : GIB;
    it(`for a download of ${bytes / MIB} MiB, ${framing}`, () => inLittleMemory(() => download(bytes, framing)));
    it(`for a download by a client that stops reading for a while, ${framing}`, () =>
      inLittleMemory(() => download(SLOW_BYTES, framing, (body, hash) => readWithStops(body, hash, sentBytes))));
  }
  for (const framing of ['known length', 'chunked'] as const) {
    it(`for an upload of 1 GiB, ${framing}`, () => inLittleMemory(() => upload(GIB, framing)));
    it(`for an upload to an origin that stops reading for a while, ${framing}`, () =>
      inLittleMemory(() => upload(SLOW_BYTES, framing)));
  }
  it('for both over TLS', async () => {
    requestTo = (options) =>
      requestTls({ ...options, port: gateway.portOf('secure'), ca: authority.cert, servername: 'localhost' });
    // The first handshake costs what every process pays once.
    await download(0, 'known length');
    await inLittleMemory(() => download(SLOW_BYTES, 'chunked'));
    await inLittleMemory(() => upload(SLOW_BYTES, 'known length'));
  });
  it('and nothing is left in flight', () => nothingInFlight(gateway));
});
