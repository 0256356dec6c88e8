/** What `diff` finds out about configs: identities lost above all. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyId } from '../../../../src/brand.ts';
import { changedSettings } from '../../../../src/cli/config-diff/changed-settings.ts';
import { diffConfigs } from '../../../../src/cli/config-diff/config-diff.ts';
import type { ComparedConfig } from '../../../../src/cli/config-diff/diff-globals.ts';
import { compile } from '../../../../src/config/compile.ts';
import { NO_ASSIGNMENTS } from '../../../../src/config/compile-upstreams.ts';
import { BASE, load } from '../../config/diagnose.ts';

/** A compiled config whose routes have these policies, by name: ones that this version need not have. */
function compared(
  routes: string,
  policies: Readonly<Record<string, readonly [policy: string, options: unknown][]>> = {},
): ComparedConfig {
  const { loaded, diagnostics } = load(`${BASE}${routes}`);
  assert.ok(loaded !== null, JSON.stringify(diagnostics));
  const compiled = compile(loaded, NO_ASSIGNMENTS);
  const all = Object.entries(policies).flatMap(([route, own]) =>
    own.map(([policy, options]) => ({ route, policy, options })),
  );
  return {
    config: loaded.config,
    compiled: {
      ...compiled,
      globals: {
        ...compiled.globals,
        modules: ['authentication', 'edge'].map((phase) => ({ digest: phase, phase, file: '/a.ts', code: '' })),
      },
      policies: all.map(({ policy, options }) => ({ policy, options, scope: policy, source: 'a.yaml:1:1' })),
      routes: compiled.routes.map((route) => ({
        ...route,
        policies: all.flatMap((one, id) => (one.route === route.name ? [id as PolicyId] : [])),
      })),
    },
  };
}

const route = (name: string, path: string): string =>
  `  - { name: ${name}, match: { path: ${path} }, forward: { upstream: demo } }\n`;
const ADMIN = `routes:\n${route('admin', '/admin/*')}`;

describe('an identity that is lost', () => {
  const before = compared(ADMIN, { admin: [['keyAuth', { header: 'x-api-key' }]] });

  it('is found where the policy is gone', () => {
    const { routes } = diffConfigs(before, compared(ADMIN, { admin: [['headers', {}]] }));
    assert.deepEqual(
      routes.authLost.map(({ from, to, policies }) => [from.name, to.name, policies]),
      [['admin', 'admin', ['keyAuth']]],
    );
    assert.deepEqual(routes.changed[0]!.policiesLost, ['keyAuth']);
    assert.deepEqual(routes.changed[0]!.policiesGained, ['headers']);
  });

  it('is found where another route takes some of the requests', () => {
    const after = compared(`${ADMIN}${route('users', '/admin/users')}`, {
      admin: [['keyAuth', { header: 'x-api-key' }]],
    });
    const { routes } = diffConfigs(before, after);
    assert.deepEqual(
      routes.authLost.map(({ from, to, example }) => [from.name, to.name, example]),
      [['admin', 'users', 'GET sample.invalid/admin/users']],
    );
  });

  it('is found where a policy becomes optional, unless authorize still wants to know', () => {
    const loss = (after: [string, object][]): string[][] =>
      diffConfigs(before, compared(ADMIN, { admin: after })).routes.authLost.map(({ policies }) => [...policies]);
    assert.deepEqual(loss([['keyAuth', { header: 'x-api-key', optional: true }]]), [['keyAuth']]);
    assert.deepEqual(
      loss([
        ['keyAuth', { header: 'x-api-key', optional: true }],
        ['authorize', {}],
      ]),
      [],
    );
    const guarded = compared(ADMIN, {
      admin: [
        ['jwt', { optional: true }],
        ['authorize', {}],
      ],
    });
    const { routes } = diffConfigs(guarded, compared(ADMIN, { admin: [['jwt', { optional: true }]] }));
    assert.deepEqual(
      routes.authLost.map(({ policies }) => policies),
      [['authorize']],
    );
  });

  it('is found where a policy of the user that authenticates is gone', () => {
    const own = (module: string): ComparedConfig => compared(ADMIN, { admin: [['use', { module, options: {} }]] });
    assert.equal(diffConfigs(own('authentication'), own('edge')).routes.authLost.length, 1);
    assert.equal(diffConfigs(own('edge'), compared(ADMIN)).routes.authLost.length, 0);
  });

  it('counts each of the requests that move once, though both configs know them', () => {
    const { routes } = diffConfigs(before, compared(ADMIN.replace('name: admin', 'name: office')));
    assert.deepEqual(
      routes.moved.map(({ from, to, requests }) => [from?.name, to?.name, requests]),
      [['admin', 'office', 8]],
    );
  });

  it('is not found where another way of asking takes its place, or nobody may ask any more', () => {
    assert.deepEqual(diffConfigs(before, compared(ADMIN, { admin: [['jwt', {}]] })).routes.authLost, []);
    assert.deepEqual(diffConfigs(before, compared('routes: []\n')).routes.authLost, []);
    assert.deepEqual(diffConfigs(compared(ADMIN), before).routes.authLost, []);
  });
});

describe('a difference', () => {
  it('is told by the names of settings, without what they hold', () => {
    const limit = (options: unknown): ComparedConfig => compared(ADMIN, { admin: [['rateLimit', options]] });
    const { routes } = diffConfigs(limit({ limit: 1, by: { header: 'a' } }), limit({ limit: 2, by: { header: 'b' } }));
    assert.deepEqual(routes.changed[0]!.policiesChanged, ['rateLimit: limit, by.header']);
    assert.deepEqual(changedSettings({ a: [1, 2] }, { a: [2] }), ['a']);
    assert.deepEqual(changedSettings({ a: 1 }, { a: 1, b: null }), ['b']);
    assert.deepEqual(changedSettings(1, 2), ['']);
  });

  it('counts keys and groups of consumers and shows none', () => {
    const of = (consumer: string): ComparedConfig => compared(`consumers: { acme: ${consumer} }\n`);
    const { consumers, isSame } = diffConfigs(
      of('{ keys: [one, two] }'),
      of('{ keys: [two, three, four], groups: [g] }'),
    );
    assert.deepEqual(consumers.changed, [
      { name: 'acme', settings: ['2 keys gained', '1 key lost', '1 group gained'] },
    ]);
    assert.equal(isSame, false);
  });

  it('is none between a config and itself', () => {
    assert.equal(diffConfigs(compared(ADMIN), compared(ADMIN)).isSame, true);
  });
});
