/** The policy `transform` in a real gateway: every outcome, and what upstream and client are told of a body that is another one. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'msgpackr';
import { ERRORS, type ErrorCode } from '../../../src/errors/table.ts';
import { type FinalResponse, rawClient, requestOnce } from '../../support/raw-client.ts';
import { recordingOrigin, type SeenRequest } from '../../support/recording-origin.ts';
import { plainGateway } from '../plain-gateway.ts';

type TestLifetime = { after(fn: () => void): void };

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
origin.answer('keep', { status: 204 });

const forward = { upstream: 'origin' };
const route = (path: string, transform: unknown, more: readonly unknown[] = []) => ({
  name: path,
  match: { path },
  forward,
  policies: [...more, { transform }],
});
const SMALL = '16KiB';
const gateway = await plainGateway(lifetime, origin.url, {
  listener: { limits: { bodyTimeout: '1s' } },
  routes: [
    route('/mask', {
      request: { steps: [{ mask: { paths: ['$.card'], keepLast: 4 } }], maxBytes: SMALL },
      response: { steps: [{ mask: { paths: ['$.card', 'list[*].card'] } }], maxBytes: SMALL },
    }),
    route('/pass', {
      request: { otherTypes: 'pass', steps: [{ drop: ['a'] }] },
      response: { otherTypes: 'pass', statuses: ['all'] },
    }),
    route('/pack', { request: { to: 'messagePack' }, response: { from: 'messagePack' } }),
    route('/soap', {
      request: { to: 'soap', soap: { action: 'urn:get' } },
      response: { from: 'soap', xml: { prefixes: 'drop' } },
    }),
    route('/xml', { request: { from: 'xml' }, response: { to: 'xml', xml: { root: 'r' } } }),
    route('/big', { request: { steps: [{ drop: ['$.drop'] }] }, response: { steps: [{ drop: ['$.drop'] }] } }),
    {
      name: 'own',
      match: { path: '/own' },
      policies: [
        { transform: { response: { steps: [{ drop: ['secret'] }] } } },
        { respond: { headers: { 'content-type': 'application/json' }, body: '{"secret":1,"open":2}' } },
      ],
    },
    route('/twice', { request: { steps: [{ set: { b: 2 } }] }, response: { steps: [{ set: { b: 2 } }] } }, [
      { transform: { request: { steps: [{ set: { a: 1 } }] }, response: { steps: [{ set: { a: 1 } }] } } },
    ]),
  ],
});
const port = gateway.portOf('public');

function post(path: string, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const type = headers.some((line) => /^content-type:/i.test(line)) ? [] : ['Content-Type: application/json'];
  const framing = headers.includes('Transfer-Encoding: chunked') ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [`POST ${path} HTTP/1.1`, 'Host: a', 'X-Test-Answer: keep', ...type, ...framing, ...headers];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
}

function get(path: string, answer: string, headers: readonly string[] = [], method = 'GET'): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: a', `X-Test-Answer: ${answer}`, ...headers].join('\r\n')}\r\n\r\n`;
}

/** Sends a request that is answered 204. @returns what the origin was sent, with all of its body */
async function forwarded(t: TestLifetime, request: Buffer): Promise<SeenRequest> {
  const before = origin.requestsFor('keep').length;
  const response = await send(t, request);
  assert.equal(response.status, 204, response.body.toString());
  const seen = origin.requestsFor('keep')[before]!;
  return origin.request((one) => one === seen && one.bodyDigest !== null);
}

function assertBody({ bodyBytes, bodyDigest }: SeenRequest, expected: string | Buffer): void {
  assert.equal(bodyBytes, Buffer.byteLength(expected));
  assert.equal(bodyDigest, createHash('sha256').update(expected).digest('hex'));
}

function assertRefused(response: FinalResponse, code: ErrorCode): void {
  assert.equal(response.header('penstock-error'), code);
  assert.equal(response.status, ERRORS[code].status);
  assert.equal((JSON.parse(response.body.toString()) as { code: string }).code, code);
}

const send = (t: TestLifetime, request: string | Buffer): Promise<FinalResponse> =>
  rawClient(t, port).then((client) => client.exchange(request));

const chunked = (body: Buffer, size: number): Buffer => {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
};

test('a request body arrives transformed, with its own length and without what was true of the old one', async (t) => {
  const text = '{ "card": "4111111111111234", "amount": 12345678901234567890.10 }';
  const seen = await forwarded(
    t,
    post('/mask', text, ['Content-MD5: x', 'Digest: y', 'Content-Type: application/vnd.a+json']),
  );
  assertBody(seen, '{"card":"***1234","amount":12345678901234567890.10}');
  assert.equal(seen.header('content-length'), String(seen.bodyBytes));
  assert.equal(seen.header('content-type'), 'application/vnd.a+json');
  assert.equal(seen.header('content-md5'), undefined);
  assert.equal(seen.header('digest'), undefined);
});

test('a chunked upload is collected, and goes on with a length', async (t) => {
  const head = post('/mask', '', ['Transfer-Encoding: chunked']);
  const seen = await forwarded(t, Buffer.concat([head, chunked(Buffer.from('{"card":"12345678"}'), 5)]));
  assertBody(seen, '{"card":"***5678"}');
  assert.equal(seen.header('transfer-encoding'), undefined);
  assert.equal(seen.header('content-length'), '18');
});

test('a compressed request is decompressed', async (t) => {
  const seen = await forwarded(t, post('/mask', gzipSync('{"card":"12345678"}'), ['Content-Encoding: gzip']));
  assertBody(seen, '{"card":"***5678"}');
  assert.equal(seen.header('content-encoding'), undefined);
});

test('a request without a body goes on as it came', async (t) => {
  for (const request of [
    post('/mask', ''),
    Buffer.concat([post('/mask', '', ['Transfer-Encoding: chunked']), chunked(Buffer.alloc(0), 1)]),
  ]) {
    const seen = await forwarded(t, request);
    assertBody(seen, '');
  }
});

test('JSON becomes MessagePack and MessagePack JSON', async (t) => {
  origin.answer('packed', {
    status: 200,
    headers: [['Content-Type', 'application/msgpack']],
    body: pack({ a: [1, 'x'] }),
  });
  const seen = await forwarded(t, post('/pack', '{"a":[1,2.5,null]}'));
  assertBody(seen, Buffer.from('81a1619301cb4004000000000000c0', 'hex'));
  assert.equal(seen.header('content-type'), 'application/vnd.msgpack');
  const response = await send(t, get('/pack', 'packed'));
  assert.equal(response.body.toString(), '{"a":[1,"x"]}');
  assert.equal(response.header('content-type'), 'application/json');
});

test('JSON becomes SOAP and the answer JSON', async (t) => {
  const envelope =
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:R xmlns:m="u"><m:V>1.90</m:V></m:R></s:Body></s:Envelope>';
  origin.answer('soap', { status: 200, headers: [['Content-Type', 'text/xml; charset=utf-8']], body: envelope });
  const seen = await forwarded(t, post('/soap', '{"Get":{"Id":7}}'));
  const begin =
    '<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">';
  assertBody(seen, `${begin}<soap:Body><Get><Id>7</Id></Get></soap:Body></soap:Envelope>`);
  assert.equal(seen.header('soapaction'), '"urn:get"');
  assert.equal(seen.header('content-type'), 'text/xml; charset=utf-8');
  assert.equal((await send(t, get('/soap', 'soap'))).body.toString(), '{"R":{"V":"1.90"}}');
});

test('XML becomes JSON, and JSON XML', async (t) => {
  origin.answer('json', { status: 200, headers: [['Content-Type', 'application/json']], body: '{"a":[1,2]}' });
  const seen = await forwarded(t, post('/xml', '<a><b>1</b></a>', ['Content-Type: application/xml']));
  assertBody(seen, '{"a":{"b":"1"}}');
  const response = await send(t, get('/xml', 'json'));
  assert.match(response.body.toString(), /<r><a>1<\/a><a>2<\/a><\/r>$/);
  assert.equal(response.header('content-type'), 'application/xml');
});

test('two policies change one body after the other, the inner one first on the way back', async (t) => {
  origin.answer('json', { status: 200, headers: [['Content-Type', 'application/json']], body: '{"a":[1,2]}' });
  const seen = await forwarded(t, post('/twice', '{}'));
  assertBody(seen, '{"a":1,"b":2}');
  assert.equal((await send(t, get('/twice', 'json'))).body.toString(), '{"a":1,"b":2}');
});

test('an answer that a policy gives is transformed, too', async (t) => {
  const response = await send(t, get('/own', 'none'));
  assert.equal(response.body.toString(), '{"open":2}');
  assert.equal(response.header('content-length'), '10');
  assert.equal((await send(t, get('/own', 'none', [], 'HEAD'))).header('content-length'), undefined);
});

const CARD = '{"card":"4111111111111111","list":[{"card":"4222"},{}]}';

test('a response is transformed, whatever the client asked for: parts, compression, only if changed', async (t) => {
  const headers = [
    ['Content-Type', 'application/json'],
    ['ETag', '"v1"'],
    ['Last-Modified', 'Sat, 21 Nov 2026 10:00:00 GMT'],
    ['Accept-Ranges', 'bytes'],
    ['Digest', 'x'],
  ] as const;
  origin.answer('card', { status: 200, headers, body: CARD });
  const asked = [
    'Range: bytes=0-3',
    'If-Range: "v1"',
    'If-None-Match: "v1"',
    'If-Modified-Since: Sat, 21 Nov 2026 10:00:00 GMT',
    'Accept-Encoding: gzip',
  ];
  const response = await send(t, get('/mask', 'card', asked));
  assert.equal(response.body.toString(), '{"card":"***","list":[{"card":"***"},{}]}');
  for (const name of ['etag', 'last-modified', 'accept-ranges', 'digest', 'content-encoding'])
    assert.equal(response.header(name), undefined, name);
  const [seen] = origin.requestsFor('card');
  for (const name of ['range', 'if-range', 'if-none-match', 'if-modified-since'])
    assert.equal(seen!.header(name), undefined, name);
  assert.equal(seen!.header('accept-encoding'), 'identity');
});

test('a compressed or chunked response is transformed', async (t) => {
  origin.answer('zipped', {
    status: 200,
    headers: [
      ['Content-Type', 'application/json'],
      ['Content-Encoding', 'gzip'],
    ],
    body: gzipSync(CARD),
  });
  origin.answer('chunked', { status: 200, headers: [['Content-Type', 'application/json']], body: CARD, chunked: true });
  for (const answer of ['zipped', 'chunked']) {
    const response = await send(t, get('/mask', answer));
    assert.equal(response.body.toString(), '{"card":"***","list":[{"card":"***"},{}]}');
    assert.equal(response.header('content-length'), String(response.body.length));
    assert.equal(response.header('content-encoding'), undefined);
  }
});

test('HEAD declares the new type and no length; 204 and 304 have no body to transform', async (t) => {
  origin.answer('card', {
    status: 200,
    headers: [
      ['Content-Type', 'application/json'],
      ['ETag', '"v1"'],
    ],
    body: CARD,
  });
  origin.answer('204', { status: 204 });
  origin.answer('304', { status: 304, headers: [['Content-Type', 'application/json']] });
  const client = await rawClient(t, port);
  const bare = await client.exchange(get('/xml', 'card', [], 'HEAD'));
  assert.deepEqual(
    [bare.status, bare.header('content-type'), bare.header('content-length'), bare.header('etag')],
    [200, 'application/xml', undefined, undefined],
  );
  for (const status of [204, 304]) assert.equal((await client.exchange(get('/mask', String(status)))).status, status);
});

test('statuses that are not meant pass untouched', async (t) => {
  origin.answer('404', {
    status: 404,
    headers: [
      ['Content-Type', 'application/json'],
      ['ETag', '"e"'],
    ],
    body: CARD,
  });
  const response = await send(t, get('/mask', '404'));
  assert.deepEqual([response.status, response.body.toString(), response.header('etag')], [404, CARD, '"e"']);
});

test('other types pass where the config says so', async (t) => {
  const seen = await forwarded(t, post('/pass', 'a=1', ['Content-Type: text/plain']));
  assertBody(seen, 'a=1');
  assert.equal((await send(t, get('/pass', 'none'))).body.toString(), 'recorded\n');
});

const BAD_REQUESTS: Readonly<Record<string, readonly [ErrorCode, Buffer]>> = {
  'not JSON': ['request_body_invalid', post('/mask', '{"card":')],
  'a name twice': ['request_body_invalid', post('/mask', '{"card":1,"card":2}')],
  'not UTF-8': ['request_body_invalid', post('/mask', Buffer.from([0x22, 0xff, 0x22]))],
  depth: ['request_body_invalid', post('/mask', '['.repeat(5000))],
  'not gzip': ['request_body_invalid', post('/mask', 'x', ['Content-Encoding: gzip'])],
  'cut gzip': ['request_body_invalid', post('/mask', gzipSync('{"a":1}').subarray(0, 20), ['Content-Encoding: gzip'])],
  'a zip bomb': [
    'request_body_too_large',
    post('/mask', gzipSync(Buffer.alloc(10_000_000, 0x20)), ['Content-Encoding: gzip']),
  ],
  'a coding nobody knows': ['media_type_unsupported', post('/mask', 'x', ['Content-Encoding: zstd'])],
  'two codings': ['media_type_unsupported', post('/mask', 'x', ['Content-Encoding: gzip, gzip'])],
  'another type': ['media_type_unsupported', post('/mask', 'a=1', ['Content-Type: text/plain'])],
  'another charset': [
    'media_type_unsupported',
    post('/mask', '{}', ['Content-Type: application/json; charset=utf-16']),
  ],
  'a declared length above the limit': ['request_body_too_large', post('/mask', `"${'x'.repeat(20_000)}"`)],
  'more than the limit, in chunks': [
    'request_body_too_large',
    Buffer.concat([
      post('/mask', '', ['Transfer-Encoding: chunked']),
      chunked(Buffer.from(`"${'x'.repeat(20_000)}"`), 7000),
    ]),
  ],
  'a number MessagePack cannot hold': ['request_body_invalid', post('/pack', '[123456789012345678901]')],
  'a document type': [
    'request_body_invalid',
    post('/xml', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', ['Content-Type: text/xml']),
  ],
  'XML in another encoding': [
    'request_body_invalid',
    post('/xml', '<?xml version="1.0" encoding="latin1"?><a/>', ['Content-Type: text/xml']),
  ],
  'a list for an envelope': ['request_body_invalid', post('/soap', '[1]')],
};

for (const [what, [code, request]] of Object.entries(BAD_REQUESTS)) {
  test(`a request body with ${what} is ${ERRORS[code].status} ${code}, and nothing of it leaves`, async (t) => {
    const before = origin.seen.length;
    assertRefused(await send(t, request), code);
    assert.equal(origin.seen.length, before);
  });
}

const json = (body: string | Buffer, more: readonly (readonly [string, string])[] = []) => ({
  status: 200,
  headers: [['Content-Type', 'application/json'], ...more] as const,
  body,
});
const BAD_RESPONSES = {
  'not JSON': ['response_body_invalid', json('{"card":"4111"')],
  'another type': ['response_body_invalid', { status: 200, headers: [['Content-Type', 'text/html']], body: '<p>' }],
  'no type': ['response_body_invalid', { status: 200, body: '{}' }],
  'a coding nobody knows': ['response_body_invalid', json('x', [['Content-Encoding', 'zstd']])],
  'part of the body': ['response_body_invalid', { ...json('{"card":"4'), status: 206 }],
  'not gzip': ['response_body_invalid', json('x', [['Content-Encoding', 'gzip']])],
  'a zip bomb': [
    'response_body_too_large',
    json(gzipSync(Buffer.alloc(10_000_000, 0x20)), [['Content-Encoding', 'gzip']]),
  ],
  'more than the limit': ['response_body_too_large', json(`"${'x'.repeat(20_000)}"`)],
  'more than the limit, in chunks': ['response_body_too_large', { ...json(`"${'x'.repeat(20_000)}"`), chunked: true }],
} as const;

for (const [what, [code, answer]] of Object.entries(BAD_RESPONSES)) {
  test(`a response with ${what} is ${ERRORS[code].status} ${code}, and nothing of it leaves`, async (t) => {
    origin.answer('bad', answer);
    const response = await send(t, get('/mask', 'bad'));
    assertRefused(response, code);
    assert.ok(!response.body.includes('4111'));
  });
}

test('a body larger than what the loop takes is transformed in a thread, while others are answered', async (t) => {
  const items = Array.from({ length: 30_000 }, (_, at) => ({ id: at, text: 'some text' }));
  const large = JSON.stringify({ drop: 'secret', items });
  origin.answer('large', json(large));
  const [response, seen, ...others] = await Promise.all([
    send(t, get('/big', 'large')),
    forwarded(t, post('/big', large)),
    ...Array.from({ length: 20 }, () => requestOnce(t, port, get('/own', 'none'))),
  ]);
  assert.equal(response.body.toString(), JSON.stringify({ items }));
  assertBody(seen, JSON.stringify({ items }));
  assert.ok(others.every(({ status }) => status === 200));
});

test('a client that leaves while its body is transformed harms nobody', async (t) => {
  const items = Array.from({ length: 60_000 }, (_, at) => ({ id: at }));
  const large = JSON.stringify({ drop: 'secret', items });
  const before = origin.seen.length;
  const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(t, port)));
  for (const client of clients) {
    await client.send(post('/big', large));
    client.socket.destroy();
  }
  // Queued behind the others in the same threads.
  const seen = await forwarded(t, post('/big', large));
  assertBody(seen, JSON.stringify({ items }));
  assert.ok(origin.seen.length - before <= 6);
});

test('a body that stops in the middle is 408', async (t) => {
  const client = await rawClient(t, port);
  assertRefused(
    await client.exchange(
      post('/mask', '{"ca', ['Content-Type: application/json', 'Content-Length: 10'])
        .toString()
        .replace('Content-Length: 4\r\n', ''),
    ),
    'request_body_timeout',
  );
});
