/** A request body reaches the origin byte for byte, in any framing, or the request is refused. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { nothingInFlight } from '../support/acceptor.ts';
import { digest, filler } from '../support/byte-source.ts';
import { startGateway } from '../support/gateway.ts';
import { pathOrigin } from '../support/path-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { rawClient } from '../support/raw-client.ts';
import { ANSWER_HEADER, recordingOrigin } from '../support/recording-origin.ts';

const LIMIT = 300_000;
const origin = await recordingOrigin({ after });
const raw = await pathOrigin({ after });
const gateway = await startGateway(
  { after },
  proxyConfig({
    limits: { bodyBytes: LIMIT },
    upstreams: { origin: [origin.url], raw: [raw.url] },
    routes: { '/*': 'origin', '/raw/*': 'raw' },
  }),
);
const port = gateway.portOf('public');
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

describe('a request body', () => {
  it('arrives byte for byte in any framing and cut anywhere, one after the other on one connection', async (t) => {
    const client = await rawClient(t, port);
    let run = 0;
    const plan = fc.record({
      chunked: fc.boolean(),
      pieces: fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 5 }),
      cuts: fc.array(fc.nat(), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ chunked, pieces, cuts }) => {
        const id = `body-${run++}`;
        const parts = pieces.map((size, index) => filler(`${id}${index}`, size));
        const body = Buffer.concat(parts);
        const framed = chunked ? Buffer.concat([...parts.map(chunk), Buffer.from('0\r\n\r\n')]) : body;
        const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
        const head = `PUT / HTTP/1.1\r\nHost: h\r\n${ANSWER_HEADER}: ${id}\r\n${framing}\r\n\r\n`;
        const whole = Buffer.concat([Buffer.from(head), framed]);
        const places = [0, ...cuts.map((cut) => cut % whole.length), whole.length].sort((a, b) => a - b);
        for (let i = 1; i < places.length; i++) await client.send(whole.subarray(places[i - 1], places[i]));
        assert.equal((await client.readResponse('PUT')).status, 200);
        const [seen] = origin.requestsFor(id);
        assert.equal(seen.bodyDigest, digest(body));
        assert.equal(seen.header('content-length'), chunked ? undefined : String(body.length));
        assert.equal(seen.header('transfer-encoding'), chunked ? 'chunked' : undefined);
      }),
      { numRuns: 100 },
    );
  });

  it('is asked for with 100 Continue when the client waits for that', async (t) => {
    const client = await rawClient(t, port);
    await client.send(
      `PUT / HTTP/1.1\r\nHost: h\r\n${ANSWER_HEADER}: expect\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n`,
    );
    assert.equal(await client.readThrough('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
    const response = await client.exchange('body');
    assert.equal(response.status, 200);
    const [seen] = origin.requestsFor('expect');
    assert.deepEqual([seen.bodyDigest, seen.header('expect')], [digest('body'), undefined]);
  });

  it('over the limit is refused with 413 before a byte is forwarded, when its length is declared', async (t) => {
    const client = await rawClient(t, port);
    const head = `PUT / HTTP/1.1\r\nHost: h\r\n${ANSWER_HEADER}: too-long\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`;
    const response = await client.exchange(head);
    assert.deepEqual([response.status, response.header('penstock-error')], [413, 'request_body_too_large']);
    assert.deepEqual(origin.requestsFor('too-long'), []);
  });

  it('over the limit is refused with 413 when it is chunked, and the origin never gets all of it', async (t) => {
    const client = await rawClient(t, port);
    await client.send(`PUT / HTTP/1.1\r\nHost: h\r\n${ANSWER_HEADER}: chunks\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await client.send(Buffer.concat([chunk(filler('a', LIMIT)), chunk(filler('b', 1)), Buffer.from('0\r\n\r\n')]));
    const response = await client.readResponse('PUT');
    assert.deepEqual([response.status, response.header('penstock-error')], [413, 'request_body_too_large']);
    assert.equal(response.header('connection'), 'close');
    await client.ended();
    await origin.request(({ answer, state }) => answer === 'chunks' && state === 'aborted');
    assert.equal(origin.requestsFor('chunks')[0].bodyDigest, null);
  });

  it('over the limit ends the connection when the response has begun already', async (t) => {
    raw.send('/raw/answers-first', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    const client = await rawClient(t, port);
    await client.send('PUT /raw/answers-first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.readThrough('half');
    await client.send(chunk(filler('a', LIMIT + 1)));
    await client.ended();
  });

  it('with trailers is aborted, at the origin too: nothing pretends that it was complete', async (t) => {
    const client = await rawClient(t, port);
    await client.send(
      'PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
    );
    const { bytes } = await client.readToEnd();
    assert.doesNotMatch(bytes.toString(), /HTTP\/1.1 200/);
  });
});

it('leaves no exchange behind', () => nothingInFlight(gateway));
