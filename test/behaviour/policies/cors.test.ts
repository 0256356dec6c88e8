import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { requestOnce } from '../../support/raw-client.ts';
import { recordingOrigin } from '../../support/recording-origin.ts';
import { head, plainGateway } from '../plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const cors = { origins: ['https://a.example'], methods: ['GET', 'PUT'], exposedHeaders: ['x-total'] };
const forward = { upstream: 'origin' };
const port = (
  await plainGateway(lifetime, origin.url, {
    routes: [
      { name: 'read', match: { path: '/items/{id}', methods: ['GET'] }, policies: [{ cors }], forward },
      { name: 'write', match: { path: '/items/{id}', methods: ['PUT'] }, forward },
      { name: 'closed', match: { path: '/closed' }, policies: [{ cors }, { respond: { status: 403 } }] },
      { name: 'down', match: { path: '/down' }, policies: [{ cors }], forward: { ...forward, headTimeout: '100ms' } },
      { name: 'any', match: { path: '/other/*' }, forward },
      { name: 'other', match: { path: '/other/x', methods: ['GET'] }, policies: [{ cors }], forward },
    ],
  })
).portOf('public');

const FROM = 'Origin: https://a.example';
const preflightFor = (method: string) => [FROM, `Access-Control-Request-Method: ${method}`];
const call = (request: string, ...lines: readonly string[]) =>
  requestOnce(lifetime, port, head(`${request} HTTP/1.1`, 'Host: a', ...lines));

test('a preflight of a route that takes no OPTIONS is answered at the gateway', async () => {
  const seen = origin.seen.length;
  const response = await call('OPTIONS /items/1', ...preflightFor('GET'));
  assert.equal(response.status, 204);
  assert.equal(response.header('access-control-allow-origin'), 'https://a.example');
  assert.equal(response.header('access-control-allow-methods'), 'GET, PUT');
  assert.equal(response.header('content-length'), undefined);
  assert.equal(response.body.length, 0);
  const refused = await call('OPTIONS /items/1', 'Origin: https://b.example', 'Access-Control-Request-Method: GET');
  assert.deepEqual([refused.status, refused.header('access-control-allow-origin')], [204, undefined]);
  assert.equal(origin.seen.length, seen);
});

test('a preflight of a route that has cors goes before a wider route that takes OPTIONS', async () => {
  const seen = origin.seen.length;
  assert.equal(
    (await call('OPTIONS /other/x', ...preflightFor('GET'))).header('access-control-allow-origin'),
    'https://a.example',
  );
  assert.equal(origin.seen.length, seen);
});

test('other OPTIONS requests do what they do without cors', async () => {
  for (const lines of [
    [],
    [FROM],
    ['Access-Control-Request-Method: GET'],
    preflightFor('PUT'),
    preflightFor('DELETE'),
  ]) {
    const response = await call('OPTIONS /items/1', ...lines);
    assert.deepEqual([response.status, response.header('penstock-error')], [405, 'method_not_allowed']);
  }
  for (const lines of [[], preflightFor('PUT')]) {
    const response = await call('OPTIONS /other/x', ...lines);
    assert.deepEqual([response.status, response.body.toString()], [200, 'recorded\n']);
  }
  assert.equal((await call('OPTIONS /nowhere', ...preflightFor('GET'))).status, 404);
});

test("every response bears the gateway's CORS headers and none of the upstream's", async () => {
  origin.answer('own', {
    status: 200,
    headers: [
      ['Access-Control-Allow-Origin', '*'],
      ['Access-Control-Allow-Credentials', 'true'],
      ['Vary', 'Accept'],
    ],
  });
  const response = await call('GET /items/1', FROM, 'X-Test-Answer: own');
  const named = (name: string) =>
    response.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  assert.deepEqual(named('access-control-allow-origin'), ['https://a.example']);
  assert.deepEqual(named('access-control-allow-credentials'), []);
  assert.deepEqual(named('access-control-expose-headers'), ['x-total']);
  assert.deepEqual(named('vary').join(', '), 'Accept, Origin');
});

test("errors of the gateway's own and answers of policies bear them, too", async () => {
  origin.answer('never', () => {});
  const down = await call('GET /down', FROM, 'X-Test-Answer: never');
  assert.deepEqual([down.status, down.header('access-control-allow-origin')], [504, 'https://a.example']);
  const closed = await call('GET /closed', FROM);
  assert.deepEqual([closed.status, closed.header('access-control-allow-origin')], [403, 'https://a.example']);
});

test('an origin that is not allowed gets its response without a word of CORS', async () => {
  const response = await call('GET /items/1', 'Origin: https://b.example');
  assert.deepEqual([response.status, response.header('vary')], [200, 'Origin']);
  assert.ok(!response.headers.some(([name]) => name.toLowerCase().startsWith('access-control-')));
});
