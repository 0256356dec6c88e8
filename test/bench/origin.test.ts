/** The origin behind the gateways of the bench. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAnswer, renderAnswer } from '../../bench/origin/answer-header.ts';
import { OriginConnection } from '../../bench/origin/origin-connection.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { rawClient } from '../support/raw-client.ts';
import { standsStill } from '../support/stands-still.ts';

async function origin(lifetime: Lifetime): Promise<number> {
  const server = createServer((socket) => void new OriginConnection(socket)).listen(0, '127.0.0.1');
  lifetime.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const request = (headers = '', method = 'GET', body = ''): string =>
  `${method} / HTTP/1.1\r\nHost: origin.test\r\n${headers}\r\n${body}`;

const wish = (...answer: readonly [status: number, bytes?: number, delayMs?: number]): string =>
  `X-Bench-Answer: ${renderAnswer({ status: answer[0], bytes: answer[1] ?? 0, delayMs: answer[2] ?? 0 })}\r\n`;

describe('origin of the bench', () => {
  it('answers what it is asked for, one request after the other', async (t) => {
    const client = await rawClient(t, await origin(t));
    const plain = await client.exchange(request());
    assert.deepEqual([plain.status, plain.body.length], [200, 1_024]);
    const asked = await client.exchange(
      request(`${wish(503, 70_000, 20)}x-bench-header: Cache-Control: max-age=60\r\n`),
    );
    assert.deepEqual([asked.status, asked.body.length, asked.header('cache-control')], [503, 70_000, 'max-age=60']);
    const head = await client.exchange(request(wish(200, 500_000), 'HEAD'));
    assert.deepEqual([head.status, head.header('content-length'), head.body.length], [200, '500000', 0]);
    for (const status of [204, 304]) {
      const answer = await client.exchange(request(wish(status, 10)));
      assert.deepEqual([answer.status, answer.header('content-length'), answer.framing], [status, undefined, 'none']);
    }
    const tagged = 'X-Bench-Header: ETag: "a"\r\nIf-None-Match: ';
    assert.equal((await client.exchange(request(`${tagged}"a"\r\n`))).status, 304);
    assert.equal((await client.exchange(request(`${tagged}"b"\r\n`))).header('etag'), '"a"');
    const last = await client.exchange(request('Connection: close\r\n'));
    assert.deepEqual([last.status, (await client.readToEnd()).end], [200, 'closed']);
  });

  it('reads requests however they are framed and wherever they are cut, and answers each', async (t) => {
    const port = await origin(t);
    const chunked = request('Transfer-Encoding: chunked\r\n', 'POST', '5\r\nhello\r\n0\r\n\r\n');
    const counted = request(`${wish(201, 5)}Content-Length: 5\r\n`, 'POST', 'hello');
    const all = `${chunked}${counted}${request(wish(204))}${chunked}`;
    const check = async (cuts: readonly number[]) => {
      const client = await rawClient(t, port);
      let sent = 0;
      for (const cut of cuts.toSorted((a, b) => a - b)) {
        await client.send(all.slice(sent, cut));
        await new Promise(setImmediate);
        sent = cut;
      }
      await client.send(all.slice(sent));
      const statuses = [];
      while (statuses.length < 4) statuses.push((await client.readResponse('POST')).status);
      assert.deepEqual(statuses, [200, 201, 204, 200]);
      client.socket.destroy();
    };
    const cuts = fc.array(fc.integer({ min: 0, max: all.length }), { maxLength: 6 });
    await fc.assert(fc.asyncProperty(cuts, check), { numRuns: 40 });
  });

  it('writes a large answer no faster than it is read', async (t) => {
    const client = await rawClient(t, await origin(t));
    client.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    await client.send(request(wish(200, 200_000_000)));
    await standsStill(() => client.pending.length);
    assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
    let read = 0;
    client.socket.removeAllListeners('data').on('data', (piece: Buffer) => (read += piece.length));
    client.socket.resume();
    while (read < 200_000_000) await once(client.socket, 'data');
  });

  it('refuses what it does not understand', async (t) => {
    const port = await origin(t);
    for (const [text, reason] of [
      [request('X-Bench-Answer: 99;a\r\n'), /is wanted/],
      [request('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n', 'POST'), /malformed/],
      ['GET / HTTP/1.1\r\nno header\r\n\r\n', /malformed/],
    ] as const) {
      const client = await rawClient(t, port);
      const answer = await client.exchange(text);
      assert.equal(answer.status, 400);
      assert.match(answer.body.toString(), reason);
    }
  });

  it('reads back every wish that can be written', () => {
    const wishes = fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      bytes: fc.integer({ min: 0, max: 1e11 }),
      delayMs: fc.integer({ min: 0, max: 3_600_000 }),
    });
    fc.assert(fc.property(wishes, (answer) => assert.deepEqual(parseAnswer(renderAnswer(answer)), { ...answer })));
    for (const bad of ['', '200', '200;1', '100;1;1', '200;-1;0', '200;1;0;', '200;1;9999999'])
      assert.equal(parseAnswer(bad), null);
  });
});
