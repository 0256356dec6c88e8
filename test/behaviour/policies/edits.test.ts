import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { requestOnce } from '../../support/raw-client.ts';
import { recordingOrigin } from '../../support/recording-origin.ts';
import { head, plainGateway } from '../plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const forward = { upstream: 'origin' };
const route = (path: string, policies: readonly unknown[], more: object = { forward }) => ({
  name: path,
  match: { path },
  policies,
  ...more,
});
const port = (
  await plainGateway(lifetime, origin.url, {
    listener: { trustedProxies: ['127.0.0.1'] },
    env: { TEAM: 'blue' },
    routes: [
      route('/headers/{id}', [
        {
          headers: {
            request: {
              remove: ['x-internal'],
              rename: { 'x-old': 'x-new' },
              set: {
                'x-from': `\${client.ip} for \${path.id}`,
                'x-who': `\${consumer.name}`,
                'x-team': `\${env:TEAM} $\${listener}`,
              },
              add: { 'x-more': `\${header.x-more}!` },
            },
            response: { set: { 'x-route': `\${route.name}`, server: 'none' }, remove: ['x-powered-by'] },
          },
        },
      ]),
      route('/api/*', [{ rewrite: { prefix: { from: '/api', to: '/v2' }, host: 'inner.example:81' } }]),
      route('/users/{id}', [{ rewrite: { path: `/people/\${header.x-user}`, query: { set: { id: `\${path.id}` } } } }]),
      route('/secure/*', [{ redirect: { scheme: 'https' } }]),
      route('/old/*', [{ redirect: { prefix: { from: '/old', to: '/new' }, status: 301 } }], {}),
      route('/www', [{ redirect: { host: 'www.example' } }], {}),
      route('/json', [{ respond: { status: 503, json: { closed: ['a', 1] }, retryAfter: '90s' } }], {}),
      route('/text', [{ respond: { body: 'plain' } }], {}),
      route('/fault', [{ fault: { delay: { for: '20ms' }, abort: { status: 500 }, when: { header: 'x-fault' } } }]),
    ],
  })
).portOf('public');

const call = (request: string, ...lines: readonly string[]) =>
  requestOnce(lifetime, port, head(`${request} HTTP/1.1`, 'Host: a.example', ...lines));

test('request headers are set with values of the request, renamed, added and removed', async () => {
  origin.answer('headers', {
    status: 200,
    headers: [
      ['X-Powered-By', 'x'],
      ['Server', 'y'],
    ],
  });
  const sent = [
    'X-Internal: 1',
    'X-Old: old',
    'X-New: forged',
    'X-From: forged',
    'X-Who: forged',
    'X_Who: forged',
    'X-More: m',
  ];
  const response = await call('GET /headers/4%2e2', ...sent, 'X-Forwarded-For: 192.0.2.7', 'X-Test-Answer: headers');
  const [seen] = origin.requestsFor('headers');
  const named = (name: string) => seen!.header(name);
  assert.equal(named('x-internal'), undefined);
  assert.deepEqual([named('x-old'), named('x-new')], [undefined, 'old']);
  assert.equal(named('x-from'), '192.0.2.7 for 4.2');
  assert.deepEqual([named('x-who'), named('x_who')], [undefined, undefined]);
  assert.equal(named('x-team'), `blue \${listener}`);
  assert.equal(named('x-more'), 'm, m!');
  const inResponse = ['x-route', 'server', 'x-powered-by'].map((name) => response.header(name));
  assert.deepEqual(inResponse, ['/headers/{id}', 'none', undefined]);
});

test('the upstream is asked for the rewritten path, at the rewritten host', async () => {
  await call('GET /api/a%20b?x=1', 'X-Test-Answer: prefix');
  const [seen] = origin.requestsFor('prefix');
  assert.deepEqual([seen!.target, seen!.header('host')], ['/v2/a%20b?x=1', 'inner.example:81']);
});

test('what a client puts into a rewritten path cannot climb out of it', async () => {
  await call('GET /users/7?a', 'X-User: me/you', 'X-Test-Answer: path');
  assert.equal(origin.requestsFor('path')[0]!.target, '/people/me%2Fyou?a&id=7');
  for (const user of ['..', '../admin', '']) {
    const response = await call('GET /users/7', `X-User: ${user}`, 'X-Test-Answer: climb');
    assert.deepEqual([response.status, response.header('penstock-error')], [400, 'path_invalid']);
  }
  assert.equal(origin.requestsFor('climb').length, 0);
});

test('http goes to https, and https goes on', async () => {
  const response = await call('POST /secure/a?b=1', 'Content-Length: 0');
  assert.deepEqual([response.status, response.header('location')], [308, 'https://a.example/secure/a?b=1']);
  assert.equal((await call('GET /secure/a', 'X-Forwarded-Proto: https')).status, 200);
});

test('a route may redirect and have no upstream; what is not redirected has nowhere to go', async () => {
  const response = await call('GET /old/x');
  assert.deepEqual([response.status, response.header('location')], [301, 'http://a.example/new/x']);
  assert.equal((await call('GET /www')).header('location'), 'http://www.example/www');
  const there = await requestOnce(lifetime, port, head('GET /www HTTP/1.1', 'Host: www.example'));
  assert.deepEqual([there.status, there.header('penstock-error')], [500, 'no_upstream']);
});

test('answers are sent as JSON or text, and say when to come back', async () => {
  const json = await call('GET /json');
  assert.equal(json.status, 503);
  assert.deepEqual(JSON.parse(json.body.toString()), { closed: ['a', 1] });
  assert.deepEqual([json.header('content-type'), json.header('retry-after')], ['application/json', '90']);
  const text = await call('GET /text');
  assert.deepEqual([text.body.toString(), text.header('content-type')], ['plain', 'text/plain; charset=utf-8']);
});

test('an injected fault is a problem document with its own code and the status of the config', async () => {
  const response = await call('GET /fault', 'X-Fault: 1', 'X-Test-Answer: fault');
  assert.deepEqual([response.status, response.header('penstock-error')], [500, 'fault_injected']);
  const document = JSON.parse(response.body.toString()) as Record<string, unknown>;
  assert.deepEqual([document['status'], document['code']], [500, 'fault_injected']);
  assert.equal(document['requestId'], response.header('x-request-id'));
  assert.equal(origin.requestsFor('fault').length, 0);
  assert.equal((await call('GET /fault')).status, 200);
});
