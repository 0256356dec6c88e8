/** Nothing takes for ever, and nothing that moves is cut. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { nothingInFlight } from '../support/acceptor.ts';
import { within } from '../support/deadline.ts';
import { startGateway } from '../support/gateway.ts';
import { pathOrigin } from '../support/path-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { rawClient } from '../support/raw-client.ts';

/** uWS's timers have a grain of 4 s: the listener's limits of one second end after 4 to 8. */
const LONGER_THAN_ANY_TIMER_MS = 8_500;

/** An endpoint that takes no connection: its process is stopped, and the kernel's queue of two is full. */
async function stuckEndpoint(): Promise<string> {
  const script = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
    () => console.log(s.address().port))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(line);
  for (let i = 0; i < 2; i++) await rawClient({ after }, port);
  return `http://127.0.0.1:${port}`;
}

const origin = await pathOrigin({ after });
const stuck = await stuckEndpoint();
const short = { upstream: 'origin', headTimeout: '300ms', idleTimeout: '300ms' };
const gateway = await startGateway(
  { after },
  proxyConfig({
    limits: { headerTimeout: '1s', bodyTimeout: '1s', idleTimeout: '1s' },
    upstreams: {
      origin: [origin.url],
      stuck: { endpoints: [stuck], connections: { connectTimeout: '200ms' } },
      halfStuck: { endpoints: [stuck, origin.url], connections: { connectTimeout: '200ms' } },
    },
    routes: {
      '/short/*': short,
      '/stuck': 'stuck',
      '/half-stuck': 'halfStuck',
      '/whole/*': { upstream: 'origin', timeout: '400ms' },
      '/patient/*': { upstream: 'origin', timeout: 'none' },
    },
  }),
);
/** More than all sockets between two ends hold. Made once: whatever keeps this process busy delays the origin, too. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');
const port = gateway.portOf('public');
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('timeouts', { concurrency: true }, () => {
  describe('a timeout', { concurrency: true }, () => {
    it('answers 504 when no connection can be made, and tries another endpoint where there is one', async (t) => {
      origin.send('/half-stuck', OK);
      const client = await rawClient(t, port);
      const refused = await client.exchange(get('/stuck'));
      assert.deepEqual([refused.status, refused.header('penstock-error')], [504, 'upstream_connect_timeout']);
      for (let i = 0; i < 2; i++) assert.equal((await client.exchange(get('/half-stuck'))).status, 200);
    });

    it('answers 504 when the response head does not come, and gives the connection up', async (t) => {
      origin.on('/short/no-head', () => {});
      const client = await rawClient(t, port);
      const response = await client.exchange(get('/short/no-head'));
      assert.deepEqual([response.status, response.header('penstock-error')], [504, 'upstream_head_timeout']);
    });

    it("ends the client's connection when the response stands still in the middle", async (t) => {
      origin.send('/short/stands-still', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      const client = await rawClient(t, port);
      await client.send(get('/short/stands-still'));
      await client.readThrough('half');
      await client.ended();
    });

    it('does not end a response that goes on, however slowly', async (t) => {
      origin.on('/short/trickle', async (connection) => {
        await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
        for (let i = 0; i < 10; i++) {
          await delay(100);
          await connection.send('x');
        }
      });
      const client = await rawClient(t, port);
      assert.equal((await client.exchange(get('/short/trickle'))).body.length, 10);
    });

    it('holds for the whole exchange, before the head and in the body', async (t) => {
      origin.on('/whole/no-head', () => {});
      origin.on('/whole/trickle', async (connection) => {
        await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
        while (connection.end === null) {
          await delay(50);
          await connection.send('x');
        }
      });
      const client = await rawClient(t, port);
      const response = await client.exchange(get('/whole/no-head'));
      assert.deepEqual([response.status, response.header('penstock-error')], [504, 'request_timeout']);
      const other = await rawClient(t, port);
      await other.send(get('/whole/trickle'));
      await other.ended();
    });

    it('answers 408 to a client that stops sending its body', async (t) => {
      const client = await rawClient(t, port);
      const head = 'PUT /patient/half-sent HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf';
      const response = await client.exchange(head);
      assert.deepEqual([response.status, response.header('penstock-error')], [408, 'request_body_timeout']);
    });

    it('answers 504 when the upstream stops taking the request body', async (t) => {
      origin.on('/short/unread', (connection) => connection.pause());
      const client = await rawClient(t, port);
      await client.send(`PUT /short/unread HTTP/1.1\r\nHost: h\r\nContent-Length: ${LARGE.length}\r\n\r\n`);
      void client.send(LARGE);
      const response = await client.readResponse('PUT');
      assert.deepEqual([response.status, response.header('penstock-error')], [504, 'upstream_idle_timeout']);
    });

    it('ends the connection of a client that stops reading, and the request at the upstream', async (t) => {
      let ended = (): void => {};
      const end = new Promise<void>((resolve) => (ended = resolve));
      origin.on('/patient/unread', async (connection) => {
        connection.socket.once('close', ended);
        await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n`);
        await connection.send(LARGE);
      });
      const client = await rawClient(t, port);
      client.pause();
      await client.send(get('/patient/unread'));
      await within(end, 'end at the origin');
    });

    it('ends a connection whose head comes too slowly', async (t) => {
      const client = await rawClient(t, port);
      await client.send('GET / HTTP/1.1\r\n');
      const trickle = setInterval(() => void client.send('x'), 200);
      t.after(() => clearInterval(trickle));
      await client.ended();
    });

    it('ends a kept connection that stays without a request', async (t) => {
      origin.send('/patient/once', OK);
      const client = await rawClient(t, port);
      await client.exchange(get('/patient/once'));
      await client.ended();
    });
  });

  describe('what is slow but alive is never cut', { concurrency: true }, () => {
    it('an upload that trickles, longer than any timer of the listener', async (t) => {
      const pieces = 17;
      origin.on('/patient/upload', async (connection) => {
        await connection.readBytes(pieces, 2 * LONGER_THAN_ANY_TIMER_MS);
        await connection.send(OK);
      });
      const client = await rawClient(t, port);
      await client.send(`PUT /patient/upload HTTP/1.1\r\nHost: h\r\nContent-Length: ${pieces}\r\n\r\n`);
      for (let i = 0; i < pieces; i++) {
        await delay(LONGER_THAN_ANY_TIMER_MS / pieces);
        await client.send('x');
      }
      assert.equal((await client.readResponse('PUT')).status, 200);
    });

    it('an upload that an origin holds up', async (t) => {
      const bytes = LARGE.length;
      origin.on('/patient/held-up', async (connection) => {
        connection.pause();
        await delay(LONGER_THAN_ANY_TIMER_MS);
        let received = connection.pending.length;
        connection.resume();
        for await (const [piece] of on(connection.socket, 'data')) if ((received += piece.length) >= bytes) break;
        await connection.send(OK);
      });
      const client = await rawClient(t, port);
      await client.send(`PUT /patient/held-up HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
      await client.send(LARGE);
      assert.equal((await client.readResponse('PUT', 2 * LONGER_THAN_ANY_TIMER_MS)).status, 200);
    });

    it('an origin that thinks for a long time before it answers', async (t) => {
      origin.on('/patient/thinks', async (connection) => {
        await delay(LONGER_THAN_ANY_TIMER_MS);
        await connection.send(OK);
      });
      const client = await rawClient(t, port);
      await client.send(get('/patient/thinks'));
      assert.equal((await client.readResponse('GET', 2 * LONGER_THAN_ANY_TIMER_MS)).status, 200);
    });

    for (const framing of ['Content-Length: 4', 'Transfer-Encoding: chunked']) {
      it(`a stream of events with a long silence in the middle, ${framing.split(':')[0]}`, async (t) => {
        const [first, second] = framing.startsWith('C') ? ['ab', 'cd'] : ['2\r\nab\r\n', '2\r\ncd\r\n0\r\n\r\n'];
        const path = `/patient/events-${framing.length}`;
        origin.on(path, async (connection) => {
          await connection.send(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${first}`);
          await delay(LONGER_THAN_ANY_TIMER_MS);
          await connection.send(second);
        });
        const client = await rawClient(t, port);
        await client.send(get(path));
        assert.equal((await client.readResponse('GET', 2 * LONGER_THAN_ANY_TIMER_MS)).body.toString(), 'abcd');
      });
    }

    it('an upload to an origin that has sent its response head already, longer than the idle timeout', async (t) => {
      origin.on('/short/answers-first', async (connection) => {
        await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
        await connection.readBytes(10);
        await connection.send('ok');
      });
      const client = await rawClient(t, port);
      await client.send('PUT /short/answers-first HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n');
      for (let i = 0; i < 10; i++) {
        await delay(100);
        await client.send('x');
      }
      assert.equal((await client.readResponse('PUT')).body.toString(), 'ok');
    });
  });
});

it('leaves no exchange behind', () => nothingInFlight(gateway));
