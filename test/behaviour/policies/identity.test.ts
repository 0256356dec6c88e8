/** Who is asking and what they may, through a gateway: every outcome, and what of it reaches the upstream. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { hashPassword } from '../../../src/decision/passwords.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Gateway } from '../../support/gateway.ts';
import { type RecordingOrigin, recordingOrigin } from '../../support/recording-origin.ts';
import { get, outcomeOf, policyConfig, policyGateway } from './policy-gateway.ts';

const file = fileLifetime();
const ROUTES = {
  '/key': [{ keyAuth: { header: 'x-api-key', query: 'api_key', cookie: 'key', consumerHeader: 'x-consumer' } }],
  '/optional': [{ keyAuth: { query: 'k', optional: true, consumerHeader: 'x-consumer' } }],
  '/partners': [{ authorize: { groups: ['partners'], methods: ['GET'] } }, { keyAuth: { optional: true } }],
  '/scoped': [{ keyAuth: {} }, { authorize: { scopes: ['read', 'write'] } }],
  '/basic': [{ basicAuth: { realm: 'the "shop"', consumerHeader: 'x-consumer' } }],
  '/inside': [{ ipFilter: { allow: ['127.0.0.0/8'], deny: ['127.0.0.9'] } }],
  '/outside': [{ ipFilter: { allow: ['192.0.2.0/24'] } }],
};
let origin: RecordingOrigin;
let gateway: Gateway;
let port: number;
let consumers: object;

before(async () => {
  origin = await recordingOrigin(file);
  consumers = {
    acme: { groups: ['partners'], keys: ['acme-1', 'acme-2'] },
    globex: { keys: ['globex-ü1'], passwords: [await hashPassword('pä:ss', randomBytes(16))] },
  };
  gateway = await policyGateway(file, { upstream: origin.url, routes: ROUTES, consumers, runtime: { acceptors: 1 } });
  port = gateway.portOf('public');
});

const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString('base64')}`;

describe('keyAuth', () => {
  it('takes a key from header, query or cookie, and leaves nothing of it for the upstream', async (t) => {
    const ways = [
      ['/key/a?x=1', 'x-api-key: acme-1'],
      ['/key/a?api_key=acme-2&x=1'],
      ['/key/a?x=1&%61pi%5fkey=acme%2D2'],
      ['/key/a?x=1', 'cookie: a=b; key=acme-1; c=d'],
      ['/key/a?x=1&api_key=acme-2', 'x-api-key: acme-1', 'cookie: key=acme-1', 'x_api_key: acme-1'],
    ] as const;
    for (const [path, ...lines] of ways) {
      const seenBefore = origin.seen.length;
      const response = await get(t, port, path, 'x-consumer: admin', 'x_consumer: admin', ...lines);
      assert.equal(outcomeOf(response), '200 -', path);
      const seen = origin.seen[seenBefore]!;
      assert.equal(seen.target, '/key/a?x=1');
      assert.doesNotMatch(JSON.stringify(seen.headers), /acme-[12]|admin/);
      assert.equal(seen.header('x-consumer'), 'acme');
      assert.equal(
        seen.header('cookie'),
        path === '/key/a?x=1' && lines[0]?.startsWith('cookie') ? 'a=b; c=d' : undefined,
      );
    }
  });

  it('takes a key that is not ASCII as the bytes of its UTF-8', async (t) => {
    const bytes = Buffer.from('globex-ü1').toString('latin1');
    assert.equal((await get(t, port, '/key/a', `x-api-key: ${bytes}`)).status, 200);
    assert.equal((await get(t, port, '/key/a?api_key=globex-%C3%BC1')).status, 200);
  });

  it('refuses with a challenge: none, several, unreadable, too long, wrong', async (t) => {
    const seenBefore = origin.seen.length;
    const cases: readonly (readonly [code: string, path: string, ...lines: string[]])[] = [
      ['credentials_missing', '/key/a'],
      ['credentials_missing', '/key/a', 'x-api-key: '],
      ['credentials_malformed', '/key/a', 'x-api-key: acme-1', 'x-api-key: acme-1'],
      ['credentials_malformed', '/key/a?api_key=acme-1&api_key=acme-1'],
      ['credentials_malformed', '/key/a?api_key=%zz'],
      ['credentials_malformed', '/key/a', 'cookie: key=acme-1', 'cookie: key=acme-1'],
      ['credentials_malformed', '/key/a', `x-api-key: ${'k'.repeat(5000)}`],
      ['credentials_invalid', '/key/a', 'x-api-key: acme-3'],
      ['credentials_invalid', '/optional/a?k=wrong'],
    ];
    for (const [code, path, ...lines] of cases) {
      const response = await get(t, port, path, ...lines);
      assert.equal(outcomeOf(response), `401 ${code}`, `${path} ${lines}`);
      assert.match(response.header('www-authenticate')!, /^ApiKey /);
      assert.doesNotMatch(response.body.toString(), /acme|wrong/);
    }
    assert.equal(origin.seen.length, seenBefore);
  });

  it('optional: who has no key goes on as nobody, whatever they say they are', async (t) => {
    const seenBefore = origin.seen.length;
    assert.equal((await get(t, port, '/optional/a', 'x-consumer: acme')).status, 200);
    assert.equal(origin.seen[seenBefore]!.header('x-consumer'), undefined);
  });
});

describe('authorize', () => {
  it('runs after authentication wherever it is written: 401 for nobody, 403 for who may not', async (t) => {
    const nobody = await get(t, port, '/partners/a');
    assert.equal(outcomeOf(nobody), '401 credentials_missing');
    assert.equal(nobody.header('www-authenticate'), 'ApiKey header="x-api-key"');
    assert.equal(outcomeOf(await get(t, port, '/partners/a', 'x-api-key: globex-x')), '401 credentials_invalid');
    assert.equal(outcomeOf(await get(t, port, '/partners/a', 'x-api-key: acme-2')), '200 -');
  });

  it('names the scopes that are wanting (RFC 6750)', async (t) => {
    const response = await get(t, port, '/scoped/a', 'x-api-key: acme-1');
    assert.equal(outcomeOf(response), '403 not_authorized');
    assert.equal(response.header('www-authenticate'), 'Bearer error="insufficient_scope", scope="read write"');
  });
});

describe('basicAuth', () => {
  it('lets the right password through, the first time and when it is remembered, and keeps it from the upstream', async (t) => {
    for (let time = 0; time < 2; time++) {
      const seenBefore = origin.seen.length;
      assert.equal(outcomeOf(await get(t, port, '/basic/a', basic('globex:pä:ss'))), '200 -');
      assert.equal(origin.seen[seenBefore]!.header('authorization'), undefined);
      assert.equal(origin.seen[seenBefore]!.header('x-consumer'), 'globex');
    }
  });

  it('refuses with a challenge: none, another scheme, unreadable, wrong, unknown', async (t) => {
    const cases: readonly (readonly [code: string, ...lines: string[]])[] = [
      ['credentials_missing'],
      ['credentials_missing', 'Authorization: Bearer x'],
      ['credentials_malformed', 'Authorization: Basic'],
      ['credentials_malformed', 'Authorization: Basic a*b='],
      ['credentials_malformed', basic('no colon')],
      ['credentials_malformed', basic('globex:a\nb')],
      ['credentials_malformed', basic('globex:pä:ss'), basic('globex:pä:ss')],
      ['credentials_malformed', basic(`globex:${'x'.repeat(3000)}`)],
      ['credentials_invalid', basic('globex:wrong')],
      ['credentials_invalid', basic('nobody:pä:ss')],
      ['credentials_invalid', basic('acme:')],
    ];
    for (const [code, ...lines] of cases) {
      const response = await get(t, port, '/basic/a', ...lines);
      assert.equal(outcomeOf(response), `401 ${code}`, lines.join());
      assert.equal(response.header('www-authenticate'), 'Basic realm="the \\"shop\\"", charset="UTF-8"');
    }
  });
});

describe('ipFilter', () => {
  it('goes by the address of the client', async (t) => {
    assert.equal(outcomeOf(await get(t, port, '/inside/a')), '200 -');
    assert.equal(outcomeOf(await get(t, port, '/outside/a')), '403 address_denied');
    assert.equal(
      outcomeOf(await get(t, port, '/outside/a', 'x-forwarded-for: 192.0.2.1')),
      '403 address_denied',
      'nobody vouches for it',
    );
  });
});

describe('a reload', () => {
  it('takes a key away and brings another', async (t) => {
    const rotated = { ...consumers, acme: { groups: ['partners'], keys: ['acme-2', 'acme-3'] } };
    const config = policyConfig({
      upstream: origin.url,
      routes: ROUTES,
      consumers: rotated,
      runtime: { acceptors: 1 },
    });
    writeFileSync(gateway.configPath, JSON.stringify(config));
    gateway.signal('SIGHUP');
    await gateway.printed(/generation 2 is live/);
    const statuses = [];
    for (const key of ['acme-1', 'acme-2', 'acme-3'])
      statuses.push((await get(t, port, '/key/a', `x-api-key: ${key}`)).status);
    assert.deepEqual(statuses, [401, 200, 200]);
  });
});
