import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';
import { readStatus, until } from '../../support/admin.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Gateway } from '../../support/gateway.ts';
import { rawClient } from '../../support/raw-client.ts';
import { type CacheOrigin, cacheGateway, cacheOrigin, call, requestText } from './cache-origin.ts';

const file = fileLifetime();
const CROWD = 20;
let origin: CacheOrigin;
let gateway: Gateway;

before(async () => {
  origin = await cacheOrigin(file);
  gateway = await cacheGateway(file, origin.url, { maxBodyBytes: '64KiB' });
});

const get = (path: string, ...headers: string[]) => call(file, gateway, path, { headers });

/** A path whose answers the test gives. */
function held(path: string): ServerResponse[] {
  const responses: ServerResponse[] = [];
  origin.at(path, (_, response) => void responses.push(response));
  return responses;
}

/** Waits until that many requests are in the gateway, which says so once a second. */
const inFlight = (count: number) =>
  until(
    `${count} in flight`,
    async () => (await readStatus(gateway)).acceptors[0].exchangesInFlight,
    // Exactly: the number may still be of the crowd before.
    (found) => found === count,
  );

/** Sends many requests at once; resolves when all are in the gateway and the first is with the origin. */
async function crowd(path: string, size = CROWD) {
  const answers = Promise.all(Array.from({ length: size }, () => get(path)));
  await Promise.all([origin.askedFor(path, 1), inFlight(size)]);
  return { answers };
}

describe('many requests for the same', () => {
  it('are answered with one answer of the origin', async () => {
    const responses = held('/one');
    const { answers } = await crowd('/one');
    responses[0].writeHead(200, { 'cache-control': 'max-age=60' }).end('one');
    const all = await answers;
    assert.deepEqual(new Set(all.map(({ body }) => body.toString())), new Set(['one']));
    assert.equal(origin.asked.get('/one'), 1);
    assert.equal(all.filter((one) => one.header('cache-status')!.includes('collapsed')).length, CROWD - 1);
  });

  for (const [index, [what, head]] of (
    [
      ['may not be stored', { 'cache-control': 'no-store' }],
      ['has to be checked each time', { 'cache-control': 'no-cache', etag: '"1"' }],
      ['is larger than what is stored', { 'cache-control': 'max-age=60', 'content-length': String(65 * 1024) }],
    ] as const
  ).entries()) {
    it(`all go to the origin as soon as it is known that the answer ${what}, and no one waits after that`, async () => {
      const path = `/all-${what.replaceAll(' ', '-')}`;
      const size = CROWD + 1 + index;
      const body = Buffer.alloc('content-length' in head ? 65 * 1024 : 1, 'x');
      const responses = held(path);
      const { answers } = await crowd(path, size);
      responses[0].writeHead(200, head).end(body);
      // All of them are with the origin at the same time, before any but the first has been answered.
      await origin.askedFor(path, size);
      for (const response of responses.slice(1)) response.writeHead(200, head).end(body);
      await answers;
      const later = [get(path), get(path), get(path)];
      await origin.askedFor(path, size + 3);
      for (const response of responses.slice(size)) response.writeHead(200, head).end(body);
      assert.deepEqual(new Set((await Promise.all(later)).map(({ status }) => status)), new Set([200]));
    });
  }

  it('go on with another when the client leaves for whom the origin was asked', async () => {
    const responses = held('/left');
    const first = await rawClient(file, gateway.portOf('public'));
    await first.send(requestText('/left'));
    await origin.askedFor('/left', 1);
    responses[0].writeHead(200, { 'cache-control': 'max-age=60', 'content-length': '8' });
    responses[0].write('half');
    await first.take('the head', (bytes) => (bytes.includes('half') ? bytes.length : null));
    const others = Array.from({ length: 5 }, () => get('/left'));
    await inFlight(6);
    first.socket.destroy();
    await origin.askedFor('/left', 2);
    responses[1].writeHead(200, { 'cache-control': 'max-age=60' }).end('complete');
    assert.deepEqual(new Set((await Promise.all(others)).map(({ body }) => body.toString())), new Set(['complete']));
    assert.equal(origin.asked.get('/left'), 2);
  });

  it('all ask for themselves when the origin fails the first', async () => {
    const responses = held('/fails');
    const { answers } = await crowd('/fails', 4);
    responses[0].writeHead(503).end();
    await origin.askedFor('/fails', 4);
    for (const response of responses.slice(1)) response.writeHead(200, { 'cache-control': 'max-age=60' }).end('up');
    assert.deepEqual((await answers).map(({ status }) => status).sort(), [200, 200, 200, 503]);
  });

  it('of different variants do not wait for one another once it is known what tells them apart', async () => {
    origin.at('/variants', (request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'accept' }).end(request.headers.accept);
    });
    await get('/variants', 'accept: a/a');
    const responses = held('/variants');
    const two = [get('/variants', 'accept: b/b'), get('/variants', 'accept: c/c')];
    await origin.askedFor('/variants', 3);
    for (const response of responses) {
      response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'accept' }).end(response.req.headers.accept);
    }
    assert.deepEqual(
      (await Promise.all(two)).map(({ body }) => body.toString()),
      ['b/b', 'c/c'],
    );
  });
});
