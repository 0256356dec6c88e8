import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digest, filler, fillerDigest } from './byte-source.ts';
import { certificateAuthority } from './certificates.ts';
import { rawClient } from './raw-client.ts';
import { rawOrigin } from './raw-origin.ts';
import { parseResponse } from './raw-response.ts';
import { recordingOrigin } from './recording-origin.ts';

describe('raw client and origins', () => {
  it('records what was sent and gets the scripted answer', async (t) => {
    const origin = await recordingOrigin(t);
    origin.answer('teapot', {
      status: 418,
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
      body: 'short and stout',
    });
    const client = await rawClient(t, origin.port);
    const response = await client.exchange(
      'POST /tea//pot?milk=no& HTTP/1.1\r\nHost: h\r\nX-Test-Answer: teapot\r\nContent-Length: 5\r\n\r\nearly',
    );
    assert.equal(response.status, 418);
    assert.equal(response.header('x-a'), '1, 2');
    assert.equal(response.body.toString(), 'short and stout');
    const [seen] = origin.requestsFor('teapot');
    assert.equal(seen.path, '/tea//pot');
    assert.equal(seen.query, 'milk=no&');
    assert.equal(seen.bodyDigest, digest('early'));
    assert.deepEqual(seen.headers[1], ['X-Test-Answer', 'teapot']);
  });

  it('carries large bodies both ways without holding them', async (t) => {
    const origin = await recordingOrigin(t);
    const size = 3_000_001;
    origin.answer('large', { status: 200, body: { seed: 'down', bytes: size }, chunked: true });
    const client = await rawClient(t, origin.port);
    await client.send(`PUT / HTTP/1.1\r\nHost: h\r\nX-Test-Answer: large\r\nContent-Length: ${size}\r\n\r\n`);
    await client.send(filler('up', size));
    const response = await client.readResponse('PUT');
    assert.equal(digest(response.body), fillerDigest('down', size));
    assert.equal(response.framing, 'chunked');
    assert.equal(origin.seen[0].bodyDigest, fillerDigest('up', size));
  });

  it('waits for a request and for its end, aborted ones too', async (t) => {
    const origin = await recordingOrigin(t);
    origin.answer('never', () => new Promise(() => {}));
    const client = await rawClient(t, origin.port);
    await client.send('GET /never HTTP/1.1\r\nHost: h\r\nX-Test-Answer: never\r\n\r\n');
    await origin.request(({ path }) => path === '/never');
    await client.reset();
    await origin.request(({ state }) => state === 'aborted');
  });

  it('lets an origin break the protocol in any way', async (t) => {
    const origin = await rawOrigin(t, async (connection) => {
      await connection.readHead();
      await connection.send('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      connection.finish();
    });
    const client = await rawClient(t, origin.port);
    await client.send('GET / HTTP/1.1\r\n\r\n');
    await assert.rejects(client.readResponse(), /closed while waiting for complete response.*half/);
  });

  it('speaks TLS with a certificate made for the test', async (t) => {
    const authority = certificateAuthority(t);
    const origin = await recordingOrigin(t, { tls: authority.issue('shop.test', '127.0.0.1') });
    const client = await rawClient(t, origin.port, { tls: { ca: authority.cert, servername: 'shop.test' } });
    assert.equal((await client.exchange('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n')).status, 200);
    await assert.rejects(rawClient(t, origin.port, { tls: { ca: authority.cert, servername: 'other.test' } }));
  });
});

describe('raw response parser', () => {
  const parse = (text: string, method = 'GET', ended = true) =>
    parseResponse(Buffer.from(text, 'latin1'), method, ended);

  it('knows every way a body can end', () => {
    assert.equal(parse('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc')?.response.body.toString(), 'ab');
    assert.equal(parse('HTTP/1.1 200 OK\r\n\r\nabc')?.response.framing, 'close');
    assert.equal(parse('HTTP/1.1 200 OK\r\n\r\nabc', 'GET', false), null);
    assert.equal(parse('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', 'HEAD')?.response.framing, 'none');
    const chunked = parse(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n2\r\nyz\r\n0\r\nT: v\r\n\r\n',
    );
    assert.deepEqual(chunked?.response.chunks, [1, 2]);
    assert.deepEqual(chunked?.response.trailers, [['T', 'v']]);
  });

  it('refuses what is not well-formed', () => {
    for (const bad of [
      'HTTP/1.1 2000 OK\r\n\r\n',
      'HTTP/2.0 200 OK\r\n\r\n',
      'HTTP/1.1 200 OK\r\nName : v\r\n\r\n',
      'HTTP/1.1 200 OK\r\nName: a\rb\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n',
    ])
      assert.throws(() => parse(bad), Error, bad);
  });
});
