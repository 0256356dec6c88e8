/** An origin that answers before it has read the request: the answer reaches the client, and nothing is stuck afterwards. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { MemoryWatch, nothingInFlight } from '../support/acceptor.ts';
import { filler } from '../support/byte-source.ts';
import { startGateway } from '../support/gateway.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { pathOrigin } from '../support/path-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { type FinalResponse, rawClient } from '../support/raw-client.ts';

const MIB = 1024 * 1024;
const origin = await pathOrigin({ after });
const gateway = await startGateway(
  { after },
  proxyConfig({ upstreams: { origin: [origin.url] }, routes: { '/*': 'origin' } }),
);
const port = gateway.portOf('public');

origin.on('/refuse-and-close', async (connection) => {
  await connection.send('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n');
  connection.finish();
});
origin.on('/refuse-and-reset', async (connection) => {
  connection.pause();
  await connection.send('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n');
  connection.socket.destroySoon();
});
origin.on('/refuse-and-keep', (connection) =>
  connection.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n'),
);
origin.on('/refuse-unread', async (connection) => {
  connection.pause();
  await connection.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n');
});
origin.on('/refuse-chunked', (connection) =>
  connection.send('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno\n\r\n0\r\n\r\n'),
);
origin.on('/no-content', (connection) => connection.send('HTTP/1.1 204 No Content\r\n\r\n'));
origin.send('/after', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter');

const request = (path: string, framing: string): string => `POST ${path} HTTP/1.1\r\nHost: h\r\n${framing}\r\n\r\n`;
const paths = ['/refuse-and-close', '/refuse-and-keep', '/refuse-unread', '/refuse-chunked', '/refuse-and-reset'];

/**
 * Sends a head and 32 MiB behind it, and reads the response that comes meanwhile. uWS closes without waiting for the client to
 * stop (RFC 9112, section 9.6), so that on a busy machine a reset may overtake the response: then it is asked again.
 */
async function refused(lifetime: Lifetime, head: string): Promise<FinalResponse> {
  for (let attempt = 1; ; attempt++) {
    const client = await rawClient(lifetime, port);
    await client.send(head);
    void client.send(filler('early', 32 * MIB));
    try {
      return await client.readResponse('POST');
    } catch (error) {
      assert.match((error as Error).message, /connection was reset/);
      assert.ok(attempt < 5, 'every response was lost');
    }
  }
}

describe('an early response reaches a client that still sends', () => {
  for (const path of paths) {
    for (const [framing, head] of [
      ['known length', request(path, `Content-Length: ${32 * MIB}`)],
      ['chunked', `${request(path, 'Transfer-Encoding: chunked')}${(32 * MIB).toString(16)}\r\n`],
    ] as const) {
      it(`${path}, ${framing}`, async (t) => {
        const response = await refused(t, head);
        assert.equal(response.body.toString(), 'no\n');
        assert.equal(response.header('connection'), 'close');
      });
    }
  }
});

describe('after an early response to a small body', () => {
  for (const path of ['/refuse-and-close', '/refuse-and-keep', '/refuse-chunked', '/no-content']) {
    it(`the client can finish sending it and use its connection again: ${path}`, async (t) => {
      const client = await rawClient(t, port);
      await client.send(`${request(path, 'Content-Length: 8')}half`);
      const response = await client.readResponse('POST');
      assert.equal(response.header('connection'), undefined);
      await client.send('half');
      const next = await client.exchange('GET /after HTTP/1.1\r\nHost: h\r\n\r\n');
      assert.equal(next.body.toString(), 'after');
    });
  }

  it('the connection to the origin, which never got the rest, carries no other request', async (t) => {
    const client = await rawClient(t, port);
    await client.send(`${request('/refuse-and-keep', 'Content-Length: 8')}half`);
    await client.readResponse('POST');
    const connection = origin.connections.at(-1)!;
    await client.send('halfGET /after HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal((await client.readResponse()).body.toString(), 'after');
    assert.notEqual(origin.connections.at(-1), connection);
  });
});

it('a body that goes on after an early response costs no memory', async (t) => {
  const client = await rawClient(t, port);
  const memory = new MemoryWatch((await gateway.acceptorPids())[0]);
  await client.send(request('/refuse-chunked', 'Transfer-Encoding: chunked'));
  await client.readResponse('POST');
  const piece = Buffer.concat([Buffer.from('100000\r\n'), filler('endless', MIB), Buffer.from('\r\n')]);
  for (let i = 0; i < 128 && client.end === null; i++) await client.send(piece);
  assert.ok(memory.peakGrowthMiB < 16, `grew by ${memory.peakGrowthMiB} MiB`);
});

it('leaves no exchange behind', () => nothingInFlight(gateway));
