/** Which of several upstreams or endpoints a request goes to: by weight, by client, by key. */
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { moodyOrigin } from '../support/moody-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { type FinalResponse, requestOnce } from '../support/raw-client.ts';

const names = ['v1', 'v2', 'a', 'b', 'c'];
const [v1, v2, a, b, c] = await Promise.all(names.map((name) => moodyOrigin({ after }, name)));
const shares = [
  { upstream: 'v1', weight: 80 },
  { upstream: 'v2', weight: 20 },
];
const config = proxyConfig({
  acceptors: 2,
  upstreams: {
    v1: [v1!.url],
    v2: [v2!.url],
    byUser: { endpoints: [a!.url, b!.url, c!.url], balance: { hash: { header: 'x-user' } } },
    byPath: { endpoints: [a!.url, b!.url, c!.url], balance: { hash: 'path' } },
  },
  routes: {
    '/split': { upstream: shares },
    '/cookie': { upstream: shares, sticky: { cookie: 'side' } },
    '/header': { upstream: shares, sticky: { header: 'x-user' } },
    '/user': 'byUser',
    '/path/*': 'byPath',
  },
}) as { listeners: { name: string }[]; routes: unknown[]; policies?: unknown };
// The short form, and a sticky route with a policy of its own.
config.routes.push(
  { name: 'short', match: { path: '/short' }, forward: shares },
  {
    name: 'with-policy',
    match: { path: '/with-policy' },
    policies: [{ headers: { response: { set: { 'x-seen': 'yes' } } } }],
    forward: { upstream: shares, sticky: { cookie: 'side' } },
  },
);
const gateway = await startGateway({ after }, config);
const port = gateway.portOf('public');

const ask = (t: TestContext, path: string, ...lines: readonly string[]): Promise<FinalResponse> =>
  requestOnce(t, port, [`GET ${path} HTTP/1.1`, 'Host: h', 'Connection: close', ...lines, '', ''].join('\r\n'));

const takerOf = async (t: TestContext, path: string, ...lines: readonly string[]): Promise<string> =>
  (await ask(t, path, ...lines)).body.toString();

describe('a split', () => {
  for (const path of ['/split', '/short']) {
    it(`sends upstreams their shares: ${path}`, async (t) => {
      const count = 300;
      let first = 0;
      for (let i = 0; i < count; i++) if ((await takerOf(t, path)) === 'v1') first++;
      // 80 of 100, within 5 standard deviations of a binomial distribution: wrong once in two million runs.
      const deviation = Math.sqrt(count * 0.8 * 0.2);
      assert.ok(Math.abs(first - count * 0.8) < 5 * deviation, `${first} of ${count}`);
    });
  }
});

describe('a sticky split', () => {
  it('by cookie holds a client to what the cookie says, and sets one that says nothing known', async (t) => {
    const first = await ask(t, '/cookie');
    const [, value] = /^side=([\w-]{12}); Path=\/; HttpOnly; SameSite=Lax$/.exec(first.header('set-cookie')!)!;
    const taker = first.body.toString();
    for (let i = 0; i < 20; i++) {
      const again = await ask(t, '/cookie', `Cookie: other=1; side=${value}`);
      assert.equal(again.body.toString(), taker);
      assert.equal(again.header('set-cookie'), undefined);
    }
    for (const forged of ['v2', 'http://127.0.0.1:1', '', '../v1', 'a'.repeat(12)]) {
      const answer = await ask(t, '/cookie', `Cookie: side=${forged}`);
      assert.equal(answer.status, 200);
      assert.match(answer.header('set-cookie')!, /^side=[\w-]{12};/);
    }
  });

  it('by cookie goes together with policies', async (t) => {
    const answer = await ask(t, '/with-policy');
    assert.equal(answer.header('x-seen'), 'yes');
    assert.match(answer.header('set-cookie')!, /^side=/);
  });

  it('by header sends equal values to the same upstream, and different ones by weight', async (t) => {
    const takers = new Map<string, string>();
    for (let i = 0; i < 60; i++) {
      const user = `user-${i}`;
      takers.set(user, await takerOf(t, '/header', `x-user: ${user}`));
      assert.equal(await takerOf(t, '/header', `x-user: ${user}`), takers.get(user));
    }
    const firsts = [...takers.values()].filter((taker) => taker === 'v1').length;
    assert.ok(firsts > 30 && firsts < 60, `${firsts} of 60`);
  });
});

describe('balancing by hash', () => {
  it('sends equal keys to the same endpoint in every acceptor, and uses all endpoints', async (t) => {
    const takers = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const user = await takerOf(t, '/user', `x-user: ${i}`);
      const path = await takerOf(t, `/path/${i}`);
      for (let again = 0; again < 3; again++) {
        assert.equal(await takerOf(t, '/user', `x-user: ${i}`), user);
        assert.equal(await takerOf(t, `/path/${i}?q=${again}`), path);
      }
      takers.add(user).add(path);
    }
    assert.deepEqual(takers, new Set(['a', 'b', 'c']));
  });
});
