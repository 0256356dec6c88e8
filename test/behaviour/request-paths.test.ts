/** Request lines: which paths, queries and methods are taken, and in which form they reach the upstream. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { head, plainGateway, send } from './plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const gateway = await plainGateway(lifetime, origin.url, {
  moreListeners: [
    { name: 'keep', address: '127.0.0.1:0', path: { encodedSlash: 'keep', emptySegments: 'keep' } },
    { name: 'decode', address: '127.0.0.1:0', path: { encodedSlash: 'decode', emptySegments: 'reject' } },
  ],
  routes: [
    { name: 'secret', match: { path: '/admin/*', headers: { 'x-key': 'k' } }, forward: { upstream: 'origin' } },
    { name: 'api', match: { path: '/api/*' }, forward: { upstream: 'origin' } },
    { name: 'read', match: { path: '/read', methods: ['GET', 'HEAD'] }, forward: { upstream: 'origin' } },
    { name: 'strip', match: { path: '/strip/*' }, forward: { upstream: 'origin', stripPrefix: '/strip' } },
  ],
});
const port = gateway.portOf('public');

/** The target that reached the origin for a GET, or the code of the gateway's refusal. */
async function targetFor(t: TestContext, raw: string, listener = 'public'): Promise<string> {
  const before = origin.seen.length;
  const response = await requestOnce(t, gateway.portOf(listener), head(`GET ${raw} HTTP/1.1`, 'Host: a'));
  return response.header('penstock-error') ?? origin.seen[before].target;
}

for (const [raw, forwarded] of [
  ['/api/a/b', '/api/a/b'],
  ['/api/%61%7e%2d/%c3%a9%20', '/api/a~-/%C3%A9%20'],
  ['/api/x/../y/./z', '/api/y/z'],
  ['/api/x/%2e%2E/y', '/api/y'],
  ['/api/../api/x', '/api/x'],
  ['/api//a///b', '/api/a/b'],
  ['/api/"<>^`{|}', '/api/%22%3C%3E%5E%60%7B%7C%7D'],
  ["/api/!$&'()*+,;=:@", "/api/!$&'()*+,;=:@"],
  ['/api/a%252Fb', '/api/a%252Fb'],
  ['/api/?', '/api/?'],
  ['/strip/x?y', '/x?y'],
  ['/strip', '/'],
  ['/strip/..', 'route_not_found'],
  ['/../api/x', 'path_invalid'],
  ['/api/a%2Fb', 'path_invalid'],
  ['/api/a%5cb', 'path_invalid'],
  ['/api/a\\b', 'path_invalid'],
  ['/api/a%00', 'path_invalid'],
  ['/api/%zz', 'path_invalid'],
  ['/api/%c0%af', 'path_invalid'],
  ['/api/..;/admin', 'path_invalid'],
  ['/api/a#b', 'path_invalid'],
  ['/api/caf\xe9', 'path_invalid'],
  ['/api/\xe2\x82\xac', 'path_invalid'],
  ['/api/a\x7f', 'path_invalid'],
  ['/api?a#b', 'path_invalid'],
  ['/api?caf\xe9', 'path_invalid'],
  ['/api?a\x7f', 'path_invalid'],
] as const) {
  test(`GET ${JSON.stringify(raw)} becomes ${forwarded}`, async (t) => {
    assert.equal(await targetFor(t, raw), forwarded);
  });
}

for (const [listener, raw, forwarded] of [
  ['keep', '/api/a%2fb', '/api/a%2Fb'],
  ['keep', '/api//a', '/api//a'],
  ['keep', '/api/..%2fadmin', 'path_invalid'],
  ['decode', '/api/a%2fb', '/api/a/b'],
  ['decode', '/api/..%2fapi/x', '/api/x'],
  ['decode', '/api//a', 'path_invalid'],
] as const) {
  test(`a listener that asks to ${listener}: ${raw} becomes ${forwarded}`, async (t) => {
    assert.equal(await targetFor(t, raw, listener), forwarded);
  });
}

test('no spelling of a path slips past the route that guards it', async (t) => {
  const spellings = ['/admin/x', '/%61dmin/x', '/api/../admin/x', '//admin/x', '/./admin/x', '/api/%2e%2e/admin/x'];
  for (const raw of spellings) assert.equal(await targetFor(t, raw), 'route_not_found', raw);
});

test('a query reaches the origin as it was sent, byte for byte', async (t) => {
  const query = 'a=b&%zz"<>[]{}|\\^`&&=?/+%20%00%2F;..//%c3%28';
  assert.equal(await targetFor(t, `/api/q?${query}`), `/api/q?${query}`);
});

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'M-SEARCH', 'PURGE']) {
  test(`${method} is forwarded as ${method}`, async (t) => {
    const target = `/api/method-${method}`;
    assert.equal((await requestOnce(t, port, head(`${method} ${target} HTTP/1.1`, 'Host: a'))).status, 200);
    assert.equal((await origin.request((seen) => seen.target === target)).method, method);
  });
}

for (const method of ['get', 'Get', 'G@T[]', '1GET', 'A'.repeat(33)]) {
  test(`a method of ${JSON.stringify(method)} is refused with 400`, async (t) => {
    const response = await requestOnce(t, port, head(`${method} /api/refused HTTP/1.1`, 'Host: a'));
    assert.equal(response.status, 400);
    assert.equal(response.header('penstock-error'), 'request_malformed');
  });
}

test('TRACE and CONNECT are refused with 405, whatever the routes allow', async (t) => {
  for (const method of ['TRACE', 'CONNECT']) {
    const response = await requestOnce(t, port, head(`${method} /read HTTP/1.1`, 'Host: a'));
    assert.equal(response.status, 405);
    assert.equal(response.header('allow'), 'GET, HEAD');
  }
  assert.equal(origin.seen.filter(({ path }) => path === '/read').length, 0);
});

/** What uWS answers or drops by itself: the limits that the README names. */
for (const [what, bytes] of [
  ['HTTP/1.0', head('GET /api/line HTTP/1.0', 'Host: a')],
  ['HTTP/1.2', head('GET /api/line HTTP/1.2', 'Host: a')],
  ['HTTP/2.0', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['no version', 'GET /api/line\r\n\r\n'],
  ['two blanks', head('GET  /api/line HTTP/1.1', 'Host: a')],
  ['the absolute form', head('GET http://a/api/line HTTP/1.1', 'Host: a')],
  ['the asterisk form', head('OPTIONS * HTTP/1.1', 'Host: a')],
  ['the authority form', head('CONNECT a:443 HTTP/1.1', 'Host: a')],
  ['a TLS handshake', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n'],
] as const) {
  test(`today a request line in ${what} ends the connection with 505 or 400`, async (t) => {
    const { statuses, closed } = await send(t, port, bytes);
    assert.ok(closed);
    assert.ok(
      statuses.every((status) => status === 505 || status === 400),
      `answered ${statuses}`,
    );
    assert.equal(origin.seen.filter(({ path }) => path === '/api/line').length, 0);
  });
}

for (const host of ['', 'a/b', 'user@a', 'a b', 'a:http', 'a:99999', '[::1', 'caf\xe9.test', 'a..b']) {
  test(`a Host of ${JSON.stringify(host)} is refused with 400`, async (t) => {
    const { responses, closed } = await send(t, port, head('GET /api/host HTTP/1.1', `Host: ${host}`));
    assert.equal(responses[0].status, 400);
    assert.equal(responses[0].header('penstock-error'), 'host_invalid');
    assert.ok(closed);
  });
}

test('requests may follow each other on a connection, each after the response before it', async (t) => {
  const client = await rawClient(t, port);
  for (let i = 0; i < 20; i++)
    assert.equal((await client.exchange(head(`GET /api/row-${i} HTTP/1.1`, 'Host: a'))).status, 200);
});

test('today forwarded requests that are pipelined lose their connection, unanswered', async (t) => {
  const pair = head('GET /api/first HTTP/1.1', 'Host: a') + head('GET /api/second HTTP/1.1', 'Host: a');
  const { statuses, closed } = await send(t, port, pair);
  assert.deepEqual([statuses, closed], [[], true]);
  assert.equal(origin.seen.filter(({ path }) => path === '/api/second').length, 0);
});

test('pipelined requests that the gateway answers itself are answered in order', async (t) => {
  const request = head('GET /nowhere HTTP/1.1', 'Host: a');
  const { statuses } = await send(t, port, request + request, { expected: 2 });
  assert.deepEqual(statuses, [404, 404]);
});
