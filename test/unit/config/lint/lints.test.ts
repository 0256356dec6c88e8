/** Each lint: what it finds, where, and what it leaves alone. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type CompiledConfig, compile } from '../../../../src/config/compile.ts';
import { NO_ASSIGNMENTS } from '../../../../src/config/compile-upstreams.ts';
import { formatPlace } from '../../../../src/config/diagnostics.ts';
import { LINTS, type LintContext, lintConfig } from '../../../../src/config/lint/lint.ts';
import { readRoutePolicies } from '../../../../src/config/lint/route-policies.ts';
import { parseSource } from '../../../../src/config/source/read-source.ts';
import { buildRouteTable } from '../../../../src/decision/route/build-route-table.ts';
import { RouteTable } from '../../../../src/decision/route/route-table.ts';
import { repositoryRoot } from '../../../support/repository-root.ts';
import { load } from '../diagnose.ts';

/** Routes in short: a name, a path, and what else stands in them. */
function config(routes: readonly string[], rest = ''): string {
  return `version: 1
listeners: [{ name: public, address: 127.0.0.1:8080 }]
upstreams: { demo: { endpoints: [http://127.0.0.1:9001] } }
${rest}
routes:
${routes.map((route) => `  - ${route}`).join('\n')}
`;
}

const route = (name: string, match: string, policies = '[]', more = ', forward: { upstream: demo }'): string =>
  `{ name: ${name}, match: { ${match} }, policies: ${policies}${more} }`;

/**
 * What a lint says of a config, as `line: message`. Policies are what the config writes, whether or not this version has them: lints
 * read options as written.
 */
function lint(id: string, text: string): string[] {
  const { source } = parseSource('penstock.yaml', text);
  assert.ok(source !== null);
  const bare = text.replaceAll(/policies: \[.*\](?=, forward)/g, 'policies: []');
  const { loaded, diagnostics } = load(bare);
  assert.ok(loaded !== null, `${JSON.stringify(diagnostics)}\n${bare}`);
  const compiled: CompiledConfig = compile(loaded, NO_ASSIGNMENTS);
  const context: LintContext = {
    config: loaded.config,
    source,
    compiled,
    policies: readRoutePolicies(source.value),
    table: new RouteTable(buildRouteTable(compiled.matches)),
    placeOf: (path) => formatPlace(source.locate(path)),
  };
  const found = [...LINTS.find((one) => one.id === id)!.find(context)];
  return found.map(({ path, message }) => `${source.locate(path).line}: ${message}`);
}

const KEYS = '[{ keyAuth: { header: x-api-key } }]';

describe('open-route-in-protected-path', () => {
  const find = (...routes: string[]): string[] => lint('open-route-in-protected-path', config(routes));

  test('finds a route without identity below a protected prefix, and names both places', () => {
    assert.deepEqual(find(route('admin', 'path: /admin/*', KEYS), route('users', 'path: /admin/users')), [
      '7: the route asks for no identity and takes requests that route admin (/admin/* at penstock.yaml:6:5) would protect',
    ]);
  });

  test('finds an open host that hides what is protected on any host', () => {
    const found = find(route('admin', 'path: /admin/*', KEYS), route('shop', 'hosts: [shop.test], path: /*'));
    assert.equal(found.length, 1);
    assert.match(found[0]!, /^7: .* route admin /);
  });

  test('leaves alone what is open beside a route that protects everything, other methods, and protected routes', () => {
    assert.deepEqual(find(route('all', 'path: /*', KEYS), route('health', 'path: /health')), []);
    const users = 'path: /admin/users';
    assert.deepEqual(
      find(route('post', `${users}, methods: [POST]`, KEYS), route('get', `${users}, methods: [GET]`)),
      [],
    );
    assert.deepEqual(find(route('admin', 'path: /admin/*', KEYS), route('users', users, KEYS)), []);
  });
});

describe('route-never-matches', () => {
  const find = (...routes: string[]): string[] => lint('route-never-matches', config(routes));

  test('finds an expression behind a prefix that takes everything, and a prefix taken piece by piece', () => {
    const [said, ...others] = find(route('all', 'path: /*'), route('v', 'path: "~^/v[0-9]+/(a|b)$"'));
    assert.deepEqual(others, []);
    assert.equal(
      said,
      '7: no request reaches this route: what it asks for goes to route all (/* at penstock.yaml:6:5)',
    );
    const pieces = [route('self', 'path: /a'), route('below', 'path: "/a/{x}/*"'), route('a', 'path: /a/*')];
    assert.equal(find(...pieces).length, 0, '/a/ is left for it');
  });

  test('leaves alone a route that is reached with another method, header or host', () => {
    assert.deepEqual(find(route('get', 'path: /*, methods: [GET]'), route('v', 'path: "~^/v"')), []);
    assert.deepEqual(find(route('x', 'path: /*, headers: { x: "1" }'), route('v', 'path: "~^/v"')), []);
    assert.deepEqual(find(route('h', 'hosts: [h.test], path: /*'), route('v', 'path: "~^/v"')), []);
  });
});

describe('limit-by-client-header', () => {
  const limit = '{ rateLimit: { limit: 1/s, by: { header: x-user } } }';
  const find = (policies: string): string[] =>
    lint('limit-by-client-header', config([route('a', 'path: /*', policies)]));

  test('finds a limit by a header when nothing says who is asking', () => {
    assert.deepEqual(find(`[${limit}]`), [
      '6: rateLimit counts by header x-user, which a client may send with any value: nothing on the route says who is asking',
    ]);
    assert.equal(find('[{ concurrency: { most: 3, by: [ip, { header: x-user }] } }]').length, 1);
  });

  test('leaves alone limits behind an identity, and by what a client cannot choose', () => {
    assert.deepEqual(find(`[{ jwt: {} }, ${limit}]`), []);
    assert.deepEqual(find('[{ rateLimit: { limit: 1/s, by: ip } }]'), []);
  });
});

describe('secret-in-file', () => {
  const find = (rest: string, policies = '[]'): string[] =>
    lint('secret-in-file', config([route('a', 'path: /*', policies)], rest));

  test('finds keys, tokens, passwords and secrets of policies that are written out, and shows none of them', () => {
    const consumers = 'consumers: { acme: { keys: [open-sesame] } }';
    const found = [
      ...find(`admin: { token: open-sesame }\n${consumers}`),
      ...find('', '[{ jwt: { keys: [{ secret: open-sesame }] } }]'),
    ];
    assert.deepEqual(
      found.map((line) => line.replace(/ stands.*/, '')),
      ['4: the admin token', '5: an API key', '6: a secret'],
    );
    assert.doesNotMatch(found.join(), /sesame/);
  });

  test('leaves references and password hashes alone', () => {
    const consumers = `consumers: { acme: { keys: ["\${env:KEY}"], passwords: ["$scrypt$16384$c2FsdA$aGFzaA"] } }`;
    const { source } = parseSource('penstock.yaml', `version: 1\n${consumers}\n`);
    const { find } = LINTS.find(({ id }) => id === 'secret-in-file')!;
    assert.deepEqual([...find({ source } as LintContext)], []);
  });
});

test('credentials-over-http: finds keys and passwords on a listener without TLS that others reach', () => {
  const open = config([route('a', 'path: /*', KEYS)]).replace('127.0.0.1:8080', '0.0.0.0:8080');
  const [said, ...others] = lint('credentials-over-http', open);
  assert.deepEqual(others, []);
  assert.match(said!, /^2: credentials of keyAuth \(penstock\.yaml:6:\d+\) cross this listener without TLS/);
  assert.deepEqual(lint('credentials-over-http', config([route('a', 'path: /*', KEYS)])), []);
  assert.deepEqual(lint('credentials-over-http', open.replace(KEYS, '[{ jwt: {} }]')), []);
});

test('authorize-without-identity: finds a route that judges whom it never asks', () => {
  const find = (policies: string): string[] =>
    lint('authorize-without-identity', config([route('a', 'path: /*', policies)]));
  assert.match(find('[{ authorize: { groups: [x] } }]').join(), /^6: authorize judges .* route a /);
  assert.deepEqual(find('[{ authorize: { groups: [x] } }, { keyAuth: {} }]'), []);
});

test('upstream-tls-unverified: finds an upstream whose certificate nobody looks at', () => {
  const of = (verify: boolean): string[] =>
    lint(
      'upstream-tls-unverified',
      config([route('a', 'path: /*')]).replace(
        'endpoints: [http://127.0.0.1:9001]',
        `endpoints: [https://127.0.0.1:9001], tls: { verify: ${verify} }`,
      ),
    );
  assert.match(of(false).join(), /^3: any certificate is accepted/);
  assert.deepEqual(of(true), []);
});

test('cors-any-origin: finds routes whose answers scripts of every site may read', () => {
  const find = (policies: string): string[] => lint('cors-any-origin', config([route('a', 'path: /*', policies)]));
  assert.equal(find('[{ cors: { origins: "*" } }]').length, 1);
  assert.equal(find('[{ cors: { origins: ["https://a.test", "*"] } }]').length, 1);
  assert.deepEqual(find('[{ cors: { origins: ["https://a.test"] } }]'), []);
});

test('every lint is a warning with its id, and has a section in docs/lints.md, which has no other', () => {
  const { loaded } = load(config([route('all', 'path: /*'), route('v', 'path: "~^/v"')]));
  const compiled = compile(loaded!, NO_ASSIGNMENTS);
  const [found, ...others] = lintConfig(loaded!, compiled, buildRouteTable(compiled.matches));
  assert.deepEqual(others, []);
  assert.deepEqual([found!.severity, found!.lint], ['warning', 'route-never-matches']);
  assert.match(found!.message, / \[route-never-matches\]$/);
  const page = readFileSync(join(repositoryRoot, 'docs/lints.md'), 'utf8');
  const sections = [...page.matchAll(/^## `([a-z-]+)`$/gm)].map(([, id]) => id);
  assert.deepEqual(
    sections,
    LINTS.map(({ id }) => id),
  );
});
