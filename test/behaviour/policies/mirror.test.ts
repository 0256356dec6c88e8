import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { until } from '../../support/admin.ts';
import { startGateway } from '../../support/gateway.ts';
import { rawClient, requestOnce } from '../../support/raw-client.ts';
import { rawOrigin } from '../../support/raw-origin.ts';
import { recordingOrigin } from '../../support/recording-origin.ts';
import { head } from '../plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const shadow = await recordingOrigin(lifetime);
/** Takes requests and says nothing. */
const silent = await rawOrigin(lifetime, async (connection) => {
  await connection.readHead();
});
/** Answers with what is no HTTP. */
const broken = await rawOrigin(lifetime, async (connection) => {
  await connection.readHead();
  connection.socket.end('nonsense\r\n\r\n');
});

const route = (path: string, policies: readonly unknown[], more: object = {}) => ({
  name: path,
  match: { path },
  policies,
  forward: { upstream: 'origin', ...more },
});
const gateway = await startGateway(lifetime, {
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  runtime: { acceptors: 1 },
  telemetry: { accessLog: 'none' },
  upstreams: {
    origin: { endpoints: [origin.url] },
    shadow: { endpoints: [shadow.url] },
    silent: { endpoints: [silent.url] },
    broken: { endpoints: [broken.url] },
    // Port 1 of this machine: nobody listens there.
    gone: { endpoints: ['http://127.0.0.1:1'] },
  },
  routes: [
    route(
      '/all/*',
      [
        { headers: { request: { set: { 'x-who': `\${client.ip}` }, remove: ['x-secret'] } } },
        { mirror: { upstream: 'shadow', maxBodyBytes: '1KiB' } },
      ],
      { stripPrefix: '/all', host: 'inner.example' },
    ),
    route('/twice', [{ mirror: { upstream: 'shadow' } }, { mirror: { upstream: 'silent' } }]),
    route('/late', [{ fault: { delay: { for: '50ms' } } }, { mirror: { upstream: 'shadow' } }]),
    route('/none', [{ mirror: { upstream: 'shadow', percent: 0 } }]),
    route('/silent', [{ mirror: { upstream: 'silent', timeout: '200ms', maxInFlight: 2 } }]),
    route('/broken', [{ mirror: { upstream: 'broken' } }]),
    route('/gone', [{ mirror: { upstream: 'gone' } }]),
  ],
} as never);
const port = gateway.portOf('public');
const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const copyOf = (answer: string) => shadow.request((seen) => seen.answer === answer && seen.bodyDigest !== null);

test('a copy is what the upstream was sent, and says that it is one', async () => {
  const lines = ['Host: a.example:81', 'X-Who: forged', 'X-Secret: 1', 'X-Penstock-Mirror: 0', 'X-Test-Answer: copied'];
  shadow.answer('copied', { status: 500, body: 'of the shadow' });
  const response = await requestOnce(lifetime, port, head('GET /all/a%20b?x=1 HTTP/1.1', ...lines));
  assert.deepEqual([response.status, response.body.toString()], [200, 'recorded\n']);
  const [seen] = origin.requestsFor('copied');
  const copy = await copyOf('copied');
  assert.deepEqual([copy.method, copy.target], ['GET', '/a%20b?x=1']);
  assert.equal(copy.header('x-penstock-mirror'), '1');
  assert.match(copy.header('via')!, /^1\.1 \S+$/);
  const told = ({ headers }: typeof copy) =>
    headers
      .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
      .filter((line) => !line.startsWith('x-penstock-mirror:'))
      .sort();
  assert.deepEqual(told(copy), told(seen!));
});

test('a body goes with it, of declared length or in chunks', async () => {
  const lines = ['Host: a', 'X-Test-Answer: sized', 'Content-Length: 5'];
  await requestOnce(lifetime, port, `${head('POST /all/x HTTP/1.1', ...lines)}hello`);
  assert.equal((await copyOf('sized')).bodyDigest, digest('hello'));
  const chunked = ['Host: a', 'X-Test-Answer: chunked', 'Transfer-Encoding: chunked'];
  const client = await rawClient(lifetime, port);
  await client.send(`${head('POST /all/x HTTP/1.1', ...chunked)}3\r\nabc\r\n`);
  await origin.request(({ answer }) => answer === 'chunked');
  assert.equal((await client.exchange('2\r\nde\r\n0\r\n\r\n')).status, 200);
  const copy = await copyOf('chunked');
  assert.deepEqual([copy.bodyDigest, copy.header('content-length')], [digest('abcde'), '5']);
});

test('a body that came before the copy was decided on goes with it', async () => {
  for (const [answer, framing, body] of [
    ['late-sized', 'Content-Length: 5', 'hello'],
    ['late-chunked', 'Transfer-Encoding: chunked', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'],
  ] as const) {
    const request = head('POST /late HTTP/1.1', 'Host: a', `X-Test-Answer: ${answer}`, framing);
    assert.equal((await requestOnce(lifetime, port, `${request}${body}`)).status, 200);
    assert.equal((await copyOf(answer)).bodyDigest, digest('hello'));
    assert.equal(origin.requestsFor(answer)[0]!.bodyDigest, digest('hello'));
  }
});

test('a body that is larger than the limit is not copied, and reaches the upstream whole', async () => {
  const large = 'x'.repeat(2000);
  const sized = ['Host: a', 'X-Test-Answer: large', 'Content-Length: 2000'];
  assert.equal((await requestOnce(lifetime, port, `${head('PUT /all/x HTTP/1.1', ...sized)}${large}`)).status, 200);
  const chunked = ['Host: a', 'X-Test-Answer: large', 'Transfer-Encoding: chunked'];
  const body = `3e8\r\n${'x'.repeat(1000)}\r\n3e8\r\n${'x'.repeat(1000)}\r\n0\r\n\r\n`;
  assert.equal((await requestOnce(lifetime, port, `${head('PUT /all/x HTTP/1.1', ...chunked)}${body}`)).status, 200);
  assert.deepEqual(
    origin.requestsFor('large').map((seen) => seen.bodyDigest),
    [digest(large), digest(large)],
  );
  // What is copied after it arrives after it.
  await requestOnce(lifetime, port, head('GET /all/x HTTP/1.1', 'Host: a', 'X-Test-Answer: behind'));
  await copyOf('behind');
  assert.equal(shadow.requestsFor('large').length, 0);
});

test('an upload that the client gives up is not copied', async () => {
  const client = await rawClient(lifetime, port);
  const lines = ['Host: a', 'X-Test-Answer: halved', 'Content-Length: 10'];
  await client.send(`${head('POST /all/x HTTP/1.1', ...lines)}12345`);
  await origin.request(({ answer }) => answer === 'halved');
  client.socket.destroy();
  await origin.request(({ answer, state }) => answer === 'halved' && state === 'aborted');
  await requestOnce(lifetime, port, head('GET /all/x HTTP/1.1', 'Host: a', 'X-Test-Answer: after-halved'));
  await copyOf('after-halved');
  assert.equal(shadow.requestsFor('halved').length, 0);
});

test('several mirrors each have their copy, body and all; none at 0 percent', async () => {
  const none = head('GET /none HTTP/1.1', 'Host: a', 'X-Test-Answer: none');
  for (let i = 0; i < 20; i++) assert.equal((await requestOnce(lifetime, port, none)).status, 200);
  const before = silent.connections.length;
  const lines = ['Host: a', 'X-Test-Answer: twice', 'Content-Length: 2'];
  assert.equal((await requestOnce(lifetime, port, `${head('POST /twice HTTP/1.1', ...lines)}hi`)).status, 200);
  assert.equal((await copyOf('twice')).bodyDigest, digest('hi'));
  await until(
    'copied',
    async () => silent.connections.length - before,
    (copies) => copies === 1,
  );
  assert.equal(shadow.requestsFor('none').length, 0);
});

test('what the other upstream does, or does not, is not seen by the client', async () => {
  for (const path of ['/silent', '/broken', '/gone']) {
    const client = await rawClient(lifetime, port);
    for (let i = 0; i < 10; i++) {
      const response = await client.exchange(head(`GET ${path} HTTP/1.1`, 'Host: a'));
      assert.deepEqual([response.status, response.body.toString()], [200, 'recorded\n'], path);
    }
  }
});

test('copies make room for others when their time is over', async () => {
  const before = silent.connections.length;
  const client = await rawClient(lifetime, port);
  const request = head('GET /silent HTTP/1.1', 'Host: a');
  // Two may be under way, and none is ever answered.
  await until(
    'three copies',
    async () => {
      assert.equal((await client.exchange(request)).status, 200);
      return silent.connections.length - before;
    },
    (copies) => copies >= 3,
  );
});
