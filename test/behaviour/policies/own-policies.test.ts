import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { policy as webhookSignature } from '../../../config/examples/own-policy/policies/webhook-signature.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { tryPolicy } from '../../../src/decision/policies/try-policy.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { recordingOrigin } from '../../support/recording-origin.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** The gateway and the files of the tests below live as long as this file. */
const cleanUps: (() => unknown)[] = [];
const file = { after: (cleanUp: () => unknown): void => void cleanUps.unshift(cleanUp) };
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

/** A policy that does what the request's header says. */
const UNRULY = `
import type { PolicyDefinition } from 'penstock/policy';
import { PASS } from 'penstock/verdict';
import { spin } from './spin.ts';

export const policy: PolicyDefinition<{ mark: string }> = {
  name: 'unruly',
  phase: 'edge',
  needs: ['promise'],
  optionsSchema: { type: 'object', required: ['mark'], properties: { mark: { type: 'string' } }, additionalProperties: false },
  create: ({ mark }) => ({
    onRequest(decision) {
      decision.responseHeaders.set('x-mark', mark);
      switch (decision.header('x-do')) {
        case 'throw': throw new Error('on purpose');
        case 'spin': spin();
        case 'reject': return decision.wait({ kind: 'promise', limit: 1000 as never, run: async () => { throw new Error('on purpose'); } }, () => PASS);
        case 'spin-in-effect': return decision.wait({ kind: 'promise', limit: 1000 as never, run: async () => spin() }, () => PASS);
        case 'never': return decision.wait({ kind: 'promise', limit: 100 as never, run: () => new Promise(() => {}) }, () => PASS);
        case 'throw-after': return decision.wait({ kind: 'promise', limit: 1000 as never, run: async () => 1 }, () => { throw new Error('on purpose'); });
        case 'spin-after': return decision.wait({ kind: 'promise', limit: 1000 as never, run: async () => 1 }, () => spin());
        case 'leak-timer': return decision.wait({ kind: 'promise', limit: 5000 as never, run: () => { setTimeout(() => { throw new Error('leaked'); }, 5); return new Promise(() => {}); } }, () => PASS);
        case 'leak-rejection': return decision.wait({ kind: 'promise', limit: 5000 as never, run: () => { void (async () => { await null; throw new Error('leaked'); })(); return new Promise(() => {}); } }, () => PASS);
        case 'bad-header': decision.requestHeaders.set('x-a', 'b\\r\\nx-c: d'); return PASS;
        case 'owned-header': decision.requestHeaders.set('content-length', '7'); return PASS;
        case 'answer': return decision.answer({ status: 418, headers: ['content-type', 'text/plain'], body: Buffer.from(mark) });
        default: return PASS;
      }
    },
    onResponse(decision) {
      if (decision.header('x-do') === 'throw-at-response') throw new Error('on purpose');
      return PASS;
    },
    onEnd(decision) {
      if (decision.header('x-do') === 'throw-at-end') throw new Error('on purpose');
    },
  }),
};
`;

/** Policies that cannot be made, as their options say. */
const UNMADE = `
export const policy = {
  name: 'unmade',
  phase: 'edge',
  needs: [],
  create({ how }) {
    if (how === 'throws') throw new Error('not made');
    if (how === 'spins') for (;;) {}
    return null;
  },
};
`;

describe("a user's own policy", () => {
  let gateway: Gateway;
  let pids: readonly number[];
  before(async () => {
    const folder = tempDir(file);
    writeFileSync(join(folder, 'unruly.ts'), UNRULY);
    writeFileSync(join(folder, 'spin.ts'), 'export function spin(): never { for (;;) {} }\n');
    writeFileSync(join(folder, 'unmade.ts'), UNMADE);
    const unmade = (how: string) => ({
      name: how,
      match: { path: `/${how}` },
      policies: [{ use: join(folder, 'unmade.ts'), options: { how } }],
      forward: { upstream: 'origin' },
    });
    const origin = await recordingOrigin(file);
    gateway = await startGateway(file, {
      version: 1,
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      runtime: { acceptors: 1 },
      telemetry: { accessLog: 'none' },
      upstreams: { origin: { endpoints: [origin.url] } },
      routes: [
        {
          name: 'all',
          match: { path: '/*' },
          policies: [{ use: join(folder, 'unruly.ts'), options: { mark: 'seen' } }],
          forward: { upstream: 'origin' },
        },
        ...['throws', 'spins', 'gives-nothing'].map(unmade),
      ],
    } as never);
    pids = await gateway.acceptorPids();
  });

  const ask = (what: string): Promise<Response> => fetch(gateway.urlOf('public'), { headers: { 'x-do': what } });

  it('passes, changes headers and answers', async () => {
    const passed = await ask('nothing');
    assert.equal(passed.status, 200);
    assert.equal(passed.headers.get('x-mark'), 'seen');
    const answered = await ask('answer');
    assert.equal(answered.status, 418);
    assert.equal(await answered.text(), 'seen');
  });

  for (const what of [
    'throw',
    'spin',
    'reject',
    'spin-in-effect',
    'never',
    'throw-after',
    'spin-after',
    'leak-timer',
    'leak-rejection',
    'bad-header',
    'owned-header',
    'throw-at-response',
  ]) {
    it(`that does "${what}" fails its own exchange with policy_failed, never the acceptor`, async () => {
      const [failed, other] = await Promise.all([ask(what), ask('nothing')]);
      assert.equal(failed.status, 500);
      assert.equal(failed.headers.get('penstock-error'), 'policy_failed');
      assert.equal(failed.headers.get('x-mark'), 'seen', 'headers decided before are on errors, too');
      assert.equal(other.status, 200);
      assert.deepEqual(await gateway.acceptorPids(), pids);
    });
  }

  for (const how of ['throws', 'spins', 'gives-nothing']) {
    it(`whose create() ${how} fails every request of its route, never the acceptor`, async () => {
      for (let i = 0; i < 2; i++) {
        const failed = await fetch(new URL(`/${how}`, gateway.urlOf('public')));
        assert.equal(failed.headers.get('penstock-error'), 'policy_failed');
      }
      assert.equal((await ask('nothing')).status, 200);
      assert.deepEqual(await gateway.acceptorPids(), pids);
    });
  }

  it('that throws when the exchange is over harms nobody', async () => {
    assert.equal((await ask('throw-at-end')).status, 200);
    assert.equal((await ask('nothing')).status, 200);
  });

  it('is named on stderr with its place when it fails', async () => {
    await ask('throw');
    await gateway.printed(/policy unruly at \S+penstock\.yaml:\d+:\d+ failed.*Error: on purpose/);
  });
});

describe('a module that cannot be a policy', () => {
  const said = (files: Readonly<Record<string, string>>, entry: string): string[] => {
    const folder = tempDir(file);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const path = join(folder, 'penstock.yaml');
    writeFileSync(
      path,
      `version: 1\nlisteners: [{ name: a, address: 127.0.0.1:0 }]\nroutes:\n  - name: r\n    match: { path: / }\n    policies:\n      - ${entry}\n      - respond: {}\n`,
    );
    return loadConfig(path).diagnostics.map(({ line, column, message }) => `${line}:${column}: ${message}`);
  };

  const good = "export const policy = { name: 'a', phase: 'edge', needs: [], create: () => ({}) };";
  const strict = good.replace(
    'needs',
    "optionsSchema: { type: 'object', properties: { n: { type: 'integer' } } }, needs",
  );

  for (const [what, files, entry, expected] of [
    ['is not there', {}, 'use: ./none.ts', /^7:14: "\.\/none\.ts" cannot be used: Could not resolve/],
    [
      'does not parse',
      { 'a.ts': 'export const =' },
      'use: ./a.ts',
      /^7:14: "\.\/a\.ts" cannot be used: .*\(.*a\.ts:1\)/,
    ],
    ['throws', { 'a.ts': "throw new Error('no')" }, 'use: ./a.ts', /^7:14: "\.\/a\.ts" cannot be used: no,/],
    ['throws nothing', { 'a.ts': 'throw null' }, 'use: ./a.ts', /^7:14: "\.\/a\.ts" cannot be used: null,/],
    ['never ends', { 'a.ts': 'for (;;) {}' }, 'use: ./a.ts', /^7:14: "\.\/a\.ts" cannot be used: .*timed out/],
    ['ends the process', { 'a.ts': 'process.exit(0)' }, 'use: ./a.ts', /cannot be used: it calls process\.exit\(\)/],
    ['exports none', { 'a.ts': 'export const x = 1' }, 'use: ./a.ts', /it has no export named policy/],
    ['has no phase', { 'a.ts': good.replace('edge', 'later') }, 'use: ./a.ts', /a policy whose phase is none of edge,/],
    ['has no create', { 'a.ts': good.replace('create', 'make') }, 'use: ./a.ts', /without create\(\)/],
    [
      'has a bad schema',
      { 'a.ts': strict.replace('integer', 'whole') },
      'use: ./a.ts',
      /an optionsSchema that is no JSON Schema/,
    ],
    [
      'refuses its options',
      { 'a.ts': strict },
      '{ use: ./a.ts, options: { n: x } }',
      /^7:38: routes\[0\]\.policies\[0\]\.options\.n must be integer/,
    ],
    ['is not used', { 'a.ts': good }, '{ respond: {}, options: {} }', /options go with use/],
  ] as const) {
    it(`${what}: an error with its place`, () => {
      const lines = said(files, entry);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0]!, expected);
    });
  }
});

describe('the worked example', () => {
  const secret = 'change me, and best as a reference';
  const body = Buffer.from('{"action":"opened"}');
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

  it('can be tried without a gateway', async () => {
    const good = await tryPolicy(webhookSignature, { secret }, { headers: ['x-hub-signature-256', signature], body });
    assert.equal(good.outcome, 'passed');
    assert.deepEqual(good.notes, ['the signature is that of the body']);
    const tampered = { headers: ['x-hub-signature-256', signature], body: Buffer.from('{}') };
    assert.equal((await tryPolicy(webhookSignature, { secret }, tampered)).code, 'credentials_invalid');
    assert.equal((await tryPolicy(webhookSignature, { secret }, {})).code, 'credentials_missing');
  });

  it('lets signed webhooks through a gateway, body untouched, and no others', async (t) => {
    {
      const folder = tempDir(t);
      cpSync(join(repositoryRoot, 'config/examples/own-policy'), folder, { recursive: true });
      const origin = await recordingOrigin(t);
      const text = readFileSync(join(folder, 'penstock.yaml'), 'utf8')
        .replace('127.0.0.1:8080', '127.0.0.1:0')
        .replace('http://127.0.0.1:9001', origin.url)
        .replace('./policies', join(folder, 'policies'));
      const gateway = await startGateway(t, text);
      const url = new URL('/webhooks/1', gateway.urlOf('public'));
      const post = (headers: Record<string, string>): Promise<Response> =>
        fetch(url, { method: 'POST', headers, body });
      assert.equal((await post({ 'x-hub-signature-256': signature })).status, 200);
      assert.equal((await post({ 'x-hub-signature-256': signature.replace(/.$/, '!') })).status, 401);
      assert.equal((await post({})).status, 401);
      assert.equal(origin.seen.length, 1);
    }
  });
});
