/** `explain`, `test`, `diff` and the lints of `validate`, each as its users see it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { CommandOutput } from '../../src/cli/command-output.ts';
import { diff } from '../../src/cli/diff.ts';
import { explain } from '../../src/cli/explain.ts';
import { test } from '../../src/cli/test.ts';
import { validate } from '../../src/cli/validate.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type CommandResult, penstock as spawned } from '../support/penstock-command.ts';
import { tempDir } from '../support/temp-dir.ts';

const file = fileLifetime();
let folder: string;

const COMMANDS = { diff, explain, test, validate } as const;

/** A command in this process: the same but for the time it takes to start. */
async function penstock([name, ...args]: readonly [keyof typeof COMMANDS, ...string[]]): Promise<CommandResult> {
  const said = { stdout: '', stderr: '' };
  const output: CommandOutput = { out: (text) => (said.stdout += text), error: (text) => (said.stderr += text) };
  return { status: await COMMANDS[name](args, output), ...said };
}

const BASE = `version: 1
listeners:
  - { name: public, address: "127.0.0.1:8080", trustedProxies: [10.0.0.0/8] }
  - { name: scanners, address: "127.0.0.1:8081", path: { emptySegments: reject } }
upstreams:
  shop: { endpoints: ["http://127.0.0.1:9001", { url: "http://127.0.0.1:9002", weight: 2 }] }
policies:
  team:
    - headers: { request: { set: { x-team: blue, authorization: inner-secret }, remove: [x-gone] }, response: { set: { x-frame: deny } } }
routes:
  - name: product
    match: { hosts: [shop.test], path: "/catalog/{id}", methods: [GET] }
    policies: [team]
    forward: { upstream: shop, stripPrefix: /catalog, timeout: 5s, retries: 2 }
  - name: product-v2
    match: { hosts: [shop.test], path: "/catalog/{id}", methods: [GET], headers: { x-version: "2" } }
    forward: { upstream: shop }
  - name: catalog
    match: { path: /catalog/* }
    forward: { upstream: shop }
  - name: closed
    match: { path: /closed/* }
    policies: [{ respond: { status: 503, headers: { retry-after: "60" } } }, team]
`;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

before(() => {
  folder = tempDir(file);
  write('base.yaml', BASE);
});

const at = (name: string): string => join(folder, name);

describe('penstock explain', () => {
  it('tells the route, who lost and why, each policy, and what the upstream would be sent', async () => {
    const { status, stdout, stderr } = spawned([
      'explain',
      ...['-c', at('base.yaml'), 'GET', 'http://shop.test:8080/catalog/./4%32?token=mine&page=1'],
      ...['-H', 'x-gone: yes', '-H', 'Cookie: id=mine', '--client', '10.0.0.1', '-H', 'X-Forwarded-For: 192.0.2.7'],
    ]);
    assert.deepEqual([status, stderr], [0, '']);
    const base = at('base.yaml');
    assert.deepEqual(stdout.split('\n'), [
      'request   GET http://shop.test/catalog/42?token=***&page=1',
      '          at listener public, from 192.0.2.7 (through 10.0.0.1)',
      '          path as sent: /catalog/./4%32',
      '          x-gone: yes',
      '          cookie: ***',
      '',
      `route     product  /catalog/{id}  (${base}:11:5)`,
      `  not     catalog  /catalog/*  (${base}:18:5): takes the request too, but its host is less exact`,
      `  not     product-v2  /catalog/{id}  (${base}:15:5): wants header x-version: 2`,
      '',
      'policies',
      `  pass    headers  transform  (${base}:9:7)`,
      `  pass    headers on the response  transform  (${base}:9:7)`,
      '',
      'outcome   forward to upstream shop: http://127.0.0.1:9001, http://127.0.0.1:9002 (weight 2)',
      '          GET /42?token=***&page=1 HTTP/1.1',
      '          host: shop.test:8080',
      '          cookie: ***',
      '        + x-team: blue',
      '        + authorization: ***',
      '        + x-forwarded-proto: http',
      '        + x-forwarded-host: shop.test:8080',
      '        + via: 1.1 penstock-dry-run',
      '        + x-request-id: dry-run',
      '        + x-forwarded-for: 192.0.2.7, 10.0.0.1',
      '        - x-gone',
      'limits    5s in all, 30s to the head, 30s between pieces; 2 retries',
      'response  also has',
      '          x-frame: deny',
      'assumed   the upstream answers with an empty 200',
      '',
    ]);
  });

  it('tells of answers by policies, of what was not asked, and of requests that no route takes', async () => {
    const tell = async (...args: string[]): Promise<string> =>
      (await penstock(['explain', '-c', at('base.yaml'), ...args])).stdout;
    const closed = await tell('GET', '/closed');
    assert.match(closed, /^outcome {3}answer 503, by a policy\n {10}retry-after: 60\n$/m);
    assert.match(closed, /^policies\n {2}answer {2}respond .*\n {2}- {7}headers .*: not asked\n/m);
    const other = await tell('POST', 'http://shop.test/nowhere');
    assert.match(
      other,
      /^route {5}none\n\noutcome {3}no route: 404 route_not_found\n {10}No route matches this request\.\n$/m,
    );
    assert.match(await tell('GET', '/catalog/%00'), /^outcome {3}refuse: 400 path_invalid\n/m);
    assert.match(await tell('GET', '/catalog//x', '--listener', 'scanners'), /^outcome {3}refuse: 400 path_invalid\n/m);
    assert.match(await tell('GET', 'http://any.test:8081/catalog//x'), /at listener scanners[\s\S]*path_invalid/);
  });

  it('is one document with --json, without a secret', async () => {
    const args = ['GET', 'http://shop.test/catalog/1', '-H', 'authorization: mine', '--body', 'x=1', '--json'];
    const { status, stdout } = await penstock(['explain', '-c', at('base.yaml'), ...args]);
    assert.equal(status, 0);
    const found = JSON.parse(stdout);
    assert.deepEqual(Object.keys(found), [
      ...['request', 'route', 'losers', 'moreLosers', 'policies', 'consumer', 'claims', 'outcome', 'assumptions'],
    ]);
    assert.deepEqual(found.request.headers, [['authorization', '***']]);
    assert.deepEqual([found.outcome.kind, found.outcome.forward.target], ['forward', '/1']);
    assert.equal(found.outcome.forward.bodyBytes, 3);
    assert.doesNotMatch(stdout, /mine|inner-secret/);
  });

  it('answers 2 to a request that nobody could send, 1 to a config that nobody can use', async () => {
    const wrong: readonly (readonly [string[], RegExp])[] = [
      [['GET'], /URL is missing/],
      [['GET', 'ftp://x/'], /is not a URL/],
      [['G T', '/'], /is not a method/],
      [['GET', '/', '-H', 'nothing'], /no name and colon/],
      [['GET', '/', '-H', 'a: b\rc'], /no header can carry/],
      [['GET', '/', '--client', 'somebody'], /not an IP address/],
      [['GET', '/', '--body', '@/nonexistent'], /--body: ENOENT/],
      [['GET', '/', '--listener', 'nowhere'], /no listener is named nowhere/],
    ];
    for (const [args, said] of wrong) {
      const { status, stdout, stderr } = await penstock(['explain', '-c', at('base.yaml'), ...args]);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, said);
    }
    const bad = await penstock(['explain', '-c', write('bad.yaml', 'version: 2\n'), 'GET', '/']);
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /bad\.yaml:1:10: /);
  });
});

const TESTS = `tests:
  - request: { url: "http://shop.test/catalog/1?a=b", headers: { x-gone: "1", cookie: [a=1, b=2] } }
    expect:
      { route: product, consumer: null, outcome: forward, upstream: shop, path: "/1?a=b", headers: { x-team: blue, x-gone: null, host: shop.test, cookie: "a=1, b=2" }, responseHeaders: { x-frame: deny } }
  - { request: { url: /closed/x }, expect: { outcome: answer, status: 503, responseHeaders: { retry-after: "60", x-frame: null } } }
  - { request: { url: /nowhere }, expect: { outcome: none, status: 404, code: route_not_found } }
`;

describe('penstock test', () => {
  it('passes what is so, in one line', async () => {
    const path = write('passing.yaml', BASE + TESTS);
    assert.deepEqual(spawned(['test', '-c', path]), {
      status: 0,
      stdout: `${path}: 3 passed, 0 failed\n`,
      stderr: '',
    });
  });

  it('tells what is not so, where it was expected, and why', async () => {
    const failing = `tests:
  - name: wrong in every way
    request: { url: "http://shop.test/catalog/1", headers: { authorization: mine } }
    expect:
      route: catalog
      outcome: refuse
      headers: { authorization: other, x-team: red }
`;
    const path = write('failing.yaml', BASE + failing);
    const { status, stdout } = await penstock(['test', '-c', path]);
    assert.equal(status, 1);
    const lines = stdout.split('\n');
    const first = BASE.split('\n').length;
    assert.deepEqual(lines.slice(0, 5), [
      `${path}:${first + 1}:5: failed: wrong in every way`,
      `  ${path}:${first + 4}:14: expect.route: expected catalog, got product`,
      `  ${path}:${first + 5}:16: expect.outcome: expected refuse, got forward`,
      `  ${path}:${first + 6}:33: expect.headers.authorization: expected ***, got ***`,
      `  ${path}:${first + 6}:48: expect.headers.x-team: expected red, got blue`,
    ]);
    assert.match(stdout, /^ {4}route {5}product /m);
    assert.equal(lines.at(-2), `${path}: 0 passed, 1 failed`);
    assert.doesNotMatch(stdout, /mine|other/);
    const { ok, tests } = JSON.parse((await penstock(['test', '-c', path, '--json'])).stdout);
    assert.deepEqual([ok, tests.length, tests[0].failures.length], [false, 1, 4]);
    assert.equal(tests[0].failures[0].expectation, 'expect.route');
    assert.equal(tests[0].explanation.route.name, 'product');
  });

  it('is not run on a config whose tests name what is not there', async () => {
    const path = write('dangling.yaml', `${BASE}tests: [{ request: { url: / }, expect: { route: prodct } }]\n`);
    const { status, stderr } = await penstock(['test', '-c', path]);
    assert.equal(status, 1);
    assert.match(stderr, /no route is named "prodct", did you mean "product"\?/);
  });
});

describe('penstock diff', () => {
  it('finds no difference between spellings of one config, wherever it stands', async () => {
    mkdirSync(at('elsewhere'));
    const respelt = BASE.replace('timeout: 5s', 'timeout: 5000ms')
      .replace('policies: [team]\n', `policies: [${/headers: .*/.exec(BASE)![0].replace(/^/, '{ ')} }]\n`)
      .replace('stripPrefix: /catalog, ', '')
      .replace('upstream: shop, timeout', 'stripPrefix: /catalog, upstream: shop, timeout');
    const other = write('elsewhere/respelt.yaml', respelt);
    assert.deepEqual(spawned(['diff', at('base.yaml'), other]), {
      status: 0,
      stdout: 'no difference in meaning\n',
      stderr: '',
    });
  });

  it('tells what became of routes, requests, policies, upstreams, consumers and limits', async () => {
    const changed = BASE.replace('policies: [team]\n', '\n')
      .replace('timeout: 5s', 'timeout: 6s')
      .replace('{ name: public,', '{ name: public, limits: { bodyBytes: 1KiB },')
      .replace(/ {2}- name: closed[\s\S]*/, '')
      .replace(/$/, '  - { name: all, match: { hosts: [shop.test], path: /* }, forward: { upstream: other } }\n')
      .replace('upstreams:\n', 'upstreams:\n  other: { endpoints: ["http://127.0.0.1:9003"] }\n')
      .replace('routes:\n', 'consumers: { acme: { keys: [top-secret] } }\nroutes:\n');
    const path = write('changed.yaml', changed);
    const { status, stdout, stderr } = await penstock(['diff', at('base.yaml'), path]);
    assert.deepEqual([status, stderr], [1, '']);
    const base = at('base.yaml');
    assert.match(stdout, new RegExp(`^routes removed\\n {2}closed {2}\\(${base}:21:5\\)$`, 'm'));
    assert.match(stdout, /^routes added\n {2}all {2}\(/m);
    assert.match(stdout, /^ {2}GET sample\.invalid\/closed.* like it: closed .* -> no route$/m);
    assert.match(stdout, /^ {2}product {2}\(.*:11:5 -> .*\): loses headers; forward\.timeout$/m);
    assert.match(stdout, /^upstreams\n {2}\+ other$/m);
    assert.match(stdout, /^consumers\n {2}\+ acme$/m);
    assert.match(stdout, /^listeners\n {2}~ public: limits\.bodyBytes$/m);
    assert.doesNotMatch(stdout, /top-secret/);
    const found = JSON.parse((await penstock(['diff', base, path, '--json'])).stdout);
    assert.deepEqual(Object.keys(found), ['isSame', 'routes', 'listeners', 'upstreams', 'consumers', 'settings']);
    assert.deepEqual(Object.keys(found.routes), [
      ...['added', 'removed', 'nowUnreachable', 'nowReachable', 'moved', 'authLost', 'changed'],
    ]);
    assert.equal((await penstock(['diff', base, path, '--fail-on', 'auth-lost'])).status, 0);
  });

  it('tells of a route that requests do not reach any more', async () => {
    const hidden = BASE.replace('/catalog/*', '"~^/catalog/[a-z]+$"');
    const open = write('open.yaml', hidden);
    const all = `  - { name: all, match: { path: /* }, forward: { upstream: shop } }\n`;
    const { stdout } = await penstock(['diff', open, write('hidden.yaml', hidden + all)]);
    assert.match(stdout, /^routes that no request reaches any more\n {2}catalog {2}\(.*hidden\.yaml:18:5\)$/m);
    assert.match(stdout, /^ {2}GET sample\.invalid\/catalog\/a.*: catalog .* -> all /m);
  });

  it('answers 2 to a config that cannot be used, and to what it does not know', async () => {
    assert.equal((await penstock(['diff', at('base.yaml'), '/nonexistent.yaml'])).status, 2);
    assert.equal((await penstock(['diff', at('base.yaml'), at('base.yaml'), '--fail-on', 'anything'])).status, 2);
  });
});

describe('penstock validate', () => {
  it('warns of what is most likely not meant, and refuses it when strict', async () => {
    const text = `${BASE}admin: { token: top-secret }\n`;
    const path = write('lint.yaml', text);
    const line = text.split('\n').length - 1;
    const { status, stdout, stderr } = spawned(['validate', '-c', path]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /, 1 warning\n$/);
    assert.match(
      stderr,
      new RegExp(`^${path}:${line}:\\d+: warning: the admin token stands .* \\[secret-in-file\\]\\n$`),
    );
    const strict = await penstock(['validate', '-c', path, '--strict', '--json']);
    assert.equal(strict.status, 1);
    const { ok, diagnostics } = JSON.parse(strict.stdout);
    assert.deepEqual([ok, diagnostics[0].severity, diagnostics[0].lint], [false, 'error', 'secret-in-file']);
    assert.doesNotMatch(stderr + stdout + strict.stdout, /top-secret/);
  });
});
