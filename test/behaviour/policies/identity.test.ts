import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { raw } from '../../support/identity-request.ts';
import { type RecordingOrigin, recordingOrigin } from '../../support/recording-origin.ts';

/** The gateway and the origin live as long as this file. */
const cleanUps: (() => unknown)[] = [];
const file = { after: (cleanUp: () => unknown): void => void cleanUps.unshift(cleanUp) };
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

let gateway: Gateway;
let origin: RecordingOrigin;

before(async () => {
  origin = await recordingOrigin(file);
  const forward = { upstream: 'origin' };
  gateway = await startGateway(
    file,
    {
      version: 1,
      listeners: [{ name: 'public', address: '127.0.0.1:0', trustedProxies: ['127.0.0.1'] }],
      admin: { address: '127.0.0.1:0' },
      runtime: { acceptors: 1 },
      telemetry: { accessLog: 'none' },
      upstreams: { origin: { endpoints: [origin.url] } },
      consumers: {
        acme: { groups: ['partners'], keys: [`\${env:OLD_KEY}`, 'new-key-of-acme'] },
        zenith: { keys: ['key-of-zenith'] },
      },
      routes: [
        {
          name: 'keys',
          match: { path: '/keys/*' },
          policies: [
            { keyAuth: { header: 'x-api-key', query: 'api_key', cookie: 'key', consumerHeader: 'x-consumer' } },
          ],
          forward,
        },
        { name: 'optional', match: { path: '/optional' }, policies: [{ keyAuth: { optional: true } }], forward },
        {
          name: 'partners',
          match: { path: '/partners' },
          // Written in the wrong order on purpose: phases decide.
          policies: [{ authorize: { groups: ['partners'] } }, { keyAuth: {} }],
          forward,
        },
        { name: 'anybody', match: { path: '/anybody' }, policies: [{ authorize: {} }], forward },
        {
          name: 'inside',
          match: { path: '/inside' },
          policies: [{ ipFilter: { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.6.6.6'] } }],
          forward,
        },
      ],
    } as never,
    { env: { OLD_KEY: 'old-key-of-acme' } },
  );
});

const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(path, gateway.urlOf('public')), { headers });

const lastSeen = () => origin.seen.at(-1)!;

describe('keyAuth', () => {
  it('wants a key', async () => {
    const response = await ask('/keys/1');
    assert.equal(response.status, 401);
    assert.equal(response.headers.get('penstock-error'), 'credentials_missing');
    assert.match(response.headers.get('www-authenticate')!, /^ApiKey realm=/);
  });

  it('refuses a wrong one, one that is too long and two at a time', async () => {
    for (const key of ['nobody', '', 'x'.repeat(5000), 'old-key-of-acme, new-key-of-acme', 'OLD-KEY-OF-ACME']) {
      const response = await ask('/keys/1', { 'x-api-key': key });
      assert.equal(response.status, 401, key.slice(0, 20));
    }
  });

  it('takes every key of a consumer, from each place, and shows none to the upstream', async () => {
    for (const [path, headers, consumer] of [
      ['/keys/1', { 'x-api-key': 'old-key-of-acme' }, 'acme'],
      ['/keys/1', { 'x-api-key': 'new-key-of-acme' }, 'acme'],
      ['/keys/1?a=1&api_key=key-of-zenith&b', {}, 'zenith'],
      ['/keys/1', { cookie: 'a=1; key=key-of-zenith; b=2' }, 'zenith'],
    ] as const) {
      const response = await ask(path, headers);
      assert.equal(response.status, 200, path);
      assert.equal(lastSeen().header('x-consumer'), consumer);
      assert.doesNotMatch(JSON.stringify([lastSeen().target, lastSeen().headers]), /key-of/);
    }
    assert.equal(lastSeen().header('cookie'), 'a=1; b=2');
  });

  it('never lets a client say who it is', async () => {
    const headerName = fc.constantFrom('x-consumer', 'X-Consumer', 'X_CONSUMER', 'x_consumer', 'X-CONSUMER');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(headerName, fc.constantFrom('root', 'zenith', ''))), async (lines) => {
        const port = gateway.portOf('public');
        const status = await raw(port, '/keys/1', [['x-api-key', 'new-key-of-acme'], ...lines]);
        assert.equal(status, 200);
        const seen = lastSeen().headers.filter(([name]) => name.toLowerCase().replaceAll('_', '-') === 'x-consumer');
        assert.deepEqual(seen, [['x-consumer', 'acme']]);
      }),
      { numRuns: 40 },
    );
  });

  it('that is optional lets nobody pass as nobody, and a wrong key not at all', async () => {
    assert.equal((await ask('/optional')).status, 200);
    assert.equal((await ask('/optional', { 'x-api-key': 'wrong' })).status, 401);
  });
});

describe('authorize', () => {
  it('comes after authentication, whatever the order in the file', async () => {
    assert.equal((await ask('/partners', { 'x-api-key': 'new-key-of-acme' })).status, 200);
    const other = await ask('/partners', { 'x-api-key': 'key-of-zenith' });
    assert.deepEqual([other.status, other.headers.get('penstock-error')], [403, 'not_authorized']);
    assert.equal((await ask('/partners')).status, 401);
  });

  it('without an authentication lets nobody in', async () => {
    assert.equal((await ask('/anybody', { 'x-api-key': 'new-key-of-acme' })).status, 401);
  });
});

describe('ipFilter', () => {
  for (const [client, status] of [
    ['10.1.2.3', 200],
    ['10.6.6.6', 403],
    ['192.0.2.1', 403],
    ['2001:db8::7', 200],
    ['2001:db9::7', 403],
    ['::ffff:10.1.2.3', 200],
    ['::ffff:10.6.6.6', 403],
  ] as const) {
    it(`answers ${client} with ${status}`, async () => {
      const response = await ask('/inside', { 'x-forwarded-for': client });
      assert.equal(response.status, status);
      if (status === 403) assert.equal(response.headers.get('penstock-error'), 'address_denied');
    });
  }
});
