import { strict as assert } from 'node:assert';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { BASE, diagnose } from './diagnose.ts';
import { temporaryFiles } from './temporary-files.ts';

const route = (match: string, forward = 'upstream: demo'): string[] =>
  diagnose(`${BASE}routes:\n  - { name: r, match: { ${match} }, forward: { ${forward} } }\n`);

const PATHS: readonly (readonly [path: string, problem: string])[] = [
  ['catalog', 'a path begins with "/" or "~"'],
  ['/a*', '"*" stands alone'],
  ['/a/*/b', '"*" stands alone'],
  ['/a/../b', 'no request path holds one of its segments'],
  ['/a/%2e/b', 'no request path holds one of its segments'],
  ['/a/{id', 'a parameter is a whole segment'],
  ['/a/x{id}', 'a parameter is a whole segment'],
  ['/a/{}', 'a parameter is a whole segment'],
  ['/{id}/{id}', 'a parameter stands twice'],
  ['/a?b=c', 'no request path holds one of its segments'],
  ['/%zz', 'no request path holds one of its segments'],
  ['~', 'holds no expression'],
  ['~(', 'is not a regular expression that runs in linear time'],
  ['~(a)\\\\1', 'is not a regular expression that runs in linear time'],
  ['~(?=a)', 'is not a regular expression that runs in linear time'],
];

for (const [path, problem] of PATHS) {
  test(`path ${path}: ${problem}`, () => {
    const said = route(`path: "${path}"`);
    assert.equal(said.length, 1, said.join('\n'));
    assert.ok(said[0]?.startsWith('7:31: ') && said[0].includes(problem), said[0]);
  });
}

test('paths of every kind are taken', () => {
  for (const path of [
    '/',
    '/*',
    '/a',
    '/a/',
    '/a/*',
    '/{id}',
    '/a/{id}/b/*',
    "/a.b-c_d~e!$&'()+,;=:@",
    '/%20',
    '~^/v[0-9]+/',
    '~^/(a+)+$',
  ]) {
    assert.deepEqual(route(`path: "${path}"`), [], path);
  }
});

test('stripPrefix is leading segments of the path', () => {
  for (const [path, prefix] of [
    ['/a/*', '/a'],
    ['/a', '/a'],
    ['/a/b/{id}', '/a/b'],
  ]) {
    assert.deepEqual(route(`path: "${path}"`, `upstream: demo, stripPrefix: ${prefix}`), [], `${path} ${prefix}`);
  }
  for (const [path, prefix] of [
    ['/a/*', '/b'],
    ['/abc', '/ab'],
    ['/a/{id}', '/a/b'],
    ['/*', '/a'],
    ['~^/a', '/a'],
  ]) {
    const said = route(`path: "${path}"`, `upstream: demo, stripPrefix: ${prefix}`);
    assert.equal(said.length, 1, `${path} ${prefix}`);
    assert.match(said[0]!, /stripPrefix|does not begin with/);
  }
  for (const prefix of ['/', '/a/', 'a', '/a/*', '/{id}', '/../a']) {
    assert.match(
      route('path: /*', `upstream: demo, stripPrefix: "${prefix}"`)[0]!,
      /^7:\d+: "[^"]*" is not a path prefix, expected whole segments/,
    );
  }
});

test('bad conditions are told where they stand', () => {
  assert.match(route('path: /a, methods: ["GE T"]')[0]!, /^7:45: "GE T" is not a method/);
  assert.deepEqual(route('path: /a, headers: { "x y": a }'), [
    '7:46: "x y" is not a name, expected a map of header names to values',
  ]);
  assert.deepEqual(route('path: /a, headers: { X-A: a, x-a: b }'), [
    '7:54: "x-a" stands twice, expected a map of header names to values',
  ]);
  assert.match(route('path: /a', 'upstream: demo, host: "a b"')[0]!, /"a b" cannot be sent as a Host header/);
  assert.match(
    route('path: /a', 'upstream: demo, retries: -1')[0]!,
    /-1 is too small, expected a whole number from 0 to 10/,
  );
  assert.match(route('path: /a, hosts: ["Ünicode.example"]')[0]!, /expected "xn--nicode-2ya.example"/);
  assert.match(route('path: /a, hosts: ["a..b"]')[0]!, /"a\.\.b" is not a host name/);
});

test('routes that no request can tell apart are an error that names both', () => {
  const text = `${BASE}routes:
  - { name: first, match: { path: "/users/{id}", methods: [GET, POST] }, forward: { upstream: demo } }
  - { name: between, match: { path: "/users/{id}" }, forward: { upstream: demo } }
  - { name: second, match: { path: "/users/{name}", methods: [POST, GET] }, forward: { upstream: demo } }
`;
  assert.deepEqual(diagnose(text), [
    '9:5: no request could tell this route from "first" at penstock.yaml:7:5, expected another match or one route instead of two',
  ]);
});

test('upstreams agree with themselves', () => {
  const upstream = (entry: string): string[] => diagnose(`${BASE}  more: ${entry}\n`);
  assert.deepEqual(upstream('{ endpoints: [] }'), [
    '6:22: upstreams.more.endpoints is empty, expected at least one item',
  ]);
  assert.deepEqual(upstream('{}'), ['6:9: upstreams.more.endpoints is missing, expected a list']);
  assert.deepEqual(upstream('{ endpoints: [http://a.example, https://a.example] }'), [
    '6:41: "https://a.example" is https, expected http as the first endpoint',
  ]);
  assert.deepEqual(upstream('{ endpoints: [http://a.example, http://a.example:80/] }'), [
    '6:41: "http://a.example:80/" stands twice, expected each once (first at penstock.yaml:6:23)',
  ]);
  assert.deepEqual(upstream('{ endpoints: [http://a.example], tls: { verify: true } }'), [
    '6:42: tls is set but the endpoints are http, expected https endpoints or no tls',
  ]);
  for (const [url, problem] of [
    ['a.example', 'is not a URL'],
    ['ftp://a.example', 'is neither http nor https'],
    ['http://a.example/path', 'has a path'],
    ['http://a.example:0', 'has port 0'],
    ['http://u:p@a.example', 'upstreams.more.endpoints[0] holds a user or password'],
    ['5', '5 is not a URL'],
  ]) {
    assert.ok(upstream(`{ endpoints: [${url}] }`)[0]?.includes(problem!), url);
  }
  assert.match(diagnose(`${BASE}  "a b": { endpoints: [http://a.example] }\n`)[0]!, /^6:3: "a b" is not a name/);
});

test('listeners have names and addresses of their own, except any free port', () => {
  const listeners = (...addresses: string[]): string[] =>
    diagnose(
      `version: 1\nlisteners:\n${addresses.map((address, index) => `  - { name: l${index}, address: "${address}" }\n`).join('')}`,
    );
  assert.deepEqual(listeners('127.0.0.1:80', 'localhost:80'), [
    '4:26: "localhost:80" stands twice, expected each once (first at penstock.yaml:3:26)',
  ]);
  assert.deepEqual(listeners('127.0.0.1:0', '127.0.0.1:0'), []);
  for (const address of [
    '8080',
    ':8080',
    '127.0.0.1',
    '::1:80',
    '[::1]',
    '256.0.0.1:80',
    'unix:relative',
    `unix:/${'x'.repeat(110)}`,
  ]) {
    assert.equal(listeners(address).length, 1, address);
  }
});

test('an admin address that others reach needs a token', () => {
  assert.deepEqual(diagnose(`${BASE}admin: { address: 0.0.0.0:9901, token: secret }\n`), []);
  assert.deepEqual(diagnose(`${BASE}admin: { address: "[::1]:9901" }\n`), []);
  assert.deepEqual(diagnose(`${BASE}admin: { address: unix:/run/admin.sock }\n`), []);
  assert.equal(diagnose(`${BASE}admin: { address: "[::]:9901" }\n`).length, 1);
});

test('certificates are there, are PEM, and belong to their keys', (context) => {
  const certificate = (hosts: string, cert: string, key: string): string =>
    `      - { hosts: [${hosts}], cert: ${cert}, key: ${key} }\n`;
  const directory = temporaryFiles(context, {
    'notes.pem': 'no certificate',
    'penstock.yaml':
      'version: 1\nlisteners:\n  - name: a\n    address: 127.0.0.1:8443\n    tls:\n     certificates:\n' +
      certificate('api.example.com, "*.api.example.com"', 'tls/api.pem', 'tls/api.key') +
      certificate('a.api.example.com', 'tls/api.pem', 'tls/other.key') +
      certificate('b.api.example.com', 'tls/missing.pem', 'notes.pem') +
      certificate('shop.example.com', 'tls/other.pem', 'tls/other.key') +
      'upstreams:\n  secure: { endpoints: [https://a.example], tls: { ca: notes.pem } }\n',
  });
  cpSync('test/fixtures/tls', join(directory, 'tls'), { recursive: true });
  const { loaded, diagnostics } = loadConfig(join(directory, 'penstock.yaml'), {});
  assert.equal(loaded, null);
  assert.deepEqual(
    diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).slice(directory.length + 1)),
    [
      'penstock.yaml:8:63: "tls/other.key" does not belong to the certificate beside it, expected its private key',
      'penstock.yaml:9:45: "tls/missing.pem": no such file, expected a readable one',
      'penstock.yaml:9:67: "notes.pem" cannot be used, expected a PEM file with a private key without passphrase',
      'penstock.yaml:10:19: warning: "shop.example.com" is not among the names of the certificate, expected clients to refuse it',
      'penstock.yaml:12:56: "notes.pem" cannot be used, expected a PEM file with a certificate',
    ],
  );
});
