/** A response reaches the client whole and unchanged, or is visibly broken; however it is framed, cut and paced. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { finished } from 'node:stream/promises';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { nothingInFlight } from '../support/acceptor.ts';
import { filler } from '../support/byte-source.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { within } from '../support/deadline.ts';
import { startGateway } from '../support/gateway.ts';
import { type PathOrigin, pathOrigin } from '../support/path-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import type { RawConnection } from '../support/raw-origin.ts';

const authority = certificateAuthority({ after });
const origin: PathOrigin = await pathOrigin({ after });
const gateway = await startGateway(
  { after },
  proxyConfig({
    upstreams: { origin: [origin.url] },
    routes: { '/*': { upstream: 'origin' } },
    certificate: authority.issue('localhost', '127.0.0.1'),
  }),
);
const port = gateway.portOf('public');

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`;
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

describe('a response body', () => {
  const framings = ['known length', 'chunked', 'close-delimited'] as const;
  const head = {
    'known length': 'Content-Length: ',
    chunked: 'Transfer-Encoding: chunked',
    'close-delimited': 'X-A: b',
  };

  it('arrives whole and identical in any framing, cut anywhere, with pauses, or is cut off visibly', async () => {
    let run = 0;
    const plan = fc.record({
      framing: fc.constantFrom(...framings),
      pieces: fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 0, maxLength: 8 }),
      cuts: fc.array(fc.nat(), { maxLength: 6 }),
      /** Whether the origin stops before the end, and how. */
      broken: fc.constantFrom('no', 'no', 'closed', 'reset'),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ framing, pieces, cuts, broken }) => {
        const path = `/fuzz-${run++}`;
        const parts = pieces.map((size, index) => filler(`${path}${index}`, size));
        const body = Buffer.concat(parts);
        const framed = framing === 'chunked' ? Buffer.concat([...parts.map(chunk), Buffer.from('0\r\n\r\n')]) : body;
        const length = framing === 'known length' ? body.length : '';
        const whole = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head[framing]}${length}\r\n\r\n`), framed]);
        origin.on(path, async (connection) => {
          const end = broken === 'no' ? whole.length : Math.max(0, whole.length - 1);
          const places = [...cuts.map((cut) => cut % (end + 1)), 0, end].sort((a, b) => a - b);
          for (let i = 1; i < places.length; i++) await connection.send(whole.subarray(places[i - 1], places[i]));
          if (broken === 'reset') await connection.reset();
          else if (broken === 'closed' || framing === 'close-delimited') connection.finish();
        });
        const client = await rawClient({ after: () => {} }, port);
        await client.send(get(path));
        const response = client.readResponse().finally(() => client.socket.destroy());
        // Nothing tells a close-delimited body that was cut by FIN from a whole one.
        const looksWhole = broken === 'no' || (framing === 'close-delimited' && broken === 'closed');
        const seen = await response.catch(() => null);
        if (looksWhole) {
          const expected = broken === 'no' ? body : body.subarray(0, Math.max(0, body.length - 1));
          if (expected.length === 0 && broken === 'closed') return; // the head itself was cut
          assert.equal(seen?.status, 200);
          assert.ok(seen.body.equals(expected));
        } else assert.ok(seen === null || seen.status === 502, `looked complete: ${seen?.status}`);
      }),
      { numRuns: 150 },
    );
  });

  for (const listener of ['public', 'secure']) {
    it(`keeps its chunks intact for a slow reader with uneven pauses, on listener ${listener}`, async () => {
      const sizes = Array.from({ length: 1500 }, (_, index) => 100 + ((index * 7919) % 19_900));
      const hash = createHash('sha256');
      origin.on('/uneven', async (connection) => {
        await connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        for (const [index, size] of sizes.entries()) {
          const bytes = filler(`${index % 7}`, size);
          hash.update(bytes);
          await connection.send(chunk(bytes));
        }
        await connection.send('0\r\n\r\n');
      });
      const options = { host: '127.0.0.1', port: gateway.portOf(listener), path: '/uneven', agent: false } as const;
      const outgoing =
        listener === 'public'
          ? request(options)
          : requestTls({ ...options, ca: authority.cert, servername: 'localhost' });
      const [response] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
      const seen = createHash('sha256');
      let received = 0;
      let stops = 0;
      response.on('data', (piece: Buffer) => {
        seen.update(piece);
        received += piece.length;
        if (received < stops * 300_000) return;
        stops++;
        outgoing.socket!.pause();
        setTimeout(() => outgoing.socket!.resume(), (stops * 7) % 11);
      });
      await finished(response);
      assert.equal(seen.digest('hex'), hash.digest('hex'));
    });
  }

  it('is sent on piece by piece, not when it is complete', async (t) => {
    let more = (): void => {};
    origin.on('/events', async (connection) => {
      await connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n');
      await new Promise<void>((resolve) => (more = resolve));
      await connection.send('4\r\ntwo\n\r\n0\r\n\r\n');
    });
    const client = await rawClient(t, port);
    await client.send(get('/events'));
    await client.readThrough('one\n');
    more();
    await client.readThrough('two\n');
  });
});

describe('a response that is not completed', () => {
  const beginnings = {
    'known length': 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf of it',
    chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  };
  const ends: Record<string, (connection: RawConnection) => unknown> = {
    'closes the connection': (connection) => connection.finish(),
    'resets the connection': (connection) => connection.reset(),
  };
  for (const [framing, beginning] of Object.entries(beginnings)) {
    for (const [how, end] of Object.entries(ends)) {
      it(`ends the client's connection and never looks complete: ${framing}, the origin ${how}`, async (t) => {
        const path = `/cut-${framing}-${how}`.replaceAll(' ', '-');
        let cut = (): void => {};
        origin.on(path, async (connection) => {
          await connection.send(beginning);
          await new Promise<void>((resolve) => (cut = resolve));
          await end(connection);
        });
        const client = await rawClient(t, port);
        await client.send(get(path));
        await client.readThrough('half');
        cut();
        const { bytes } = await client.readToEnd();
        assert.doesNotMatch(bytes.toString(), /0\r\n\r\n$/);
      });
    }
  }

  it("ends the client's connection when a chunk is malformed", async (t) => {
    origin.send('/bad-chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n');
    const client = await rawClient(t, port);
    await client.send(get('/bad-chunk'));
    const { bytes } = await client.readToEnd();
    assert.doesNotMatch(bytes.toString(), /0\r\n\r\n$/);
  });

  it('is a 502 problem when the origin closes before the head is complete', async (t) => {
    origin.on('/no-head', async (connection) => {
      await connection.send('HTTP/1.1 200 OK\r\nContent-');
      connection.finish();
    });
    const response = await requestOnce(t, port, get('/no-head'));
    assert.equal(response.status, 502);
    assert.equal(response.header('penstock-error'), 'upstream_truncated');
    assert.equal(response.header('content-type'), 'application/problem+json');
  });
});

describe('interim responses, trailers and surplus bytes', () => {
  it('swallows interim responses, as many as sixteen', async (t) => {
    origin.send(
      '/interim',
      `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(16)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    );
    const response = await requestOnce(t, port, get('/interim'));
    assert.deepEqual([response.status, response.body.toString(), response.interim.length], [200, 'ok', 0]);
    assert.equal(response.header('link'), undefined);
  });

  it('answers 502 to an origin that sends interim responses without end', async (t) => {
    origin.send('/interim-flood', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50));
    assert.equal((await requestOnce(t, port, get('/interim-flood'))).status, 502);
  });

  it('drops the trailers of a chunked response', async (t) => {
    origin.send(
      '/trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
    );
    const response = await requestOnce(t, port, get('/trailers'));
    assert.deepEqual([response.body.toString(), response.trailers, response.header('trailer')], ['ok', [], undefined]);
  });

  for (const [when, pause] of [
    ['behind the response', 0],
    ['while the connection is idle', 50],
  ] as const) {
    it(`never takes bytes that come ${when} for the answer to the next request`, async (t) => {
      const path = `/surplus-${pause}`;
      let givenUp = (): void => {};
      const end = new Promise<void>((resolve) => (givenUp = resolve));
      origin.on(path, async (connection) => {
        await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        if (pause > 0) await delay(pause);
        await connection.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
        await connection.ended();
        givenUp();
      });
      origin.send('/clean', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean');
      const client = await rawClient(t, port);
      assert.equal((await client.exchange(get(path))).body.toString(), 'ok');
      await within(end, 'end of the connection that carried surplus bytes');
      assert.equal((await client.exchange(get('/clean'))).body.toString(), 'clean');
    });
  }
});

it('leaves no exchange behind', () => nothingInFlight(gateway));
