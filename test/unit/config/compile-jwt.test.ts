import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAndCompile } from '../../../src/config/load-and-compile.ts';
import type { JwtOptions } from '../../../src/decision/policies/jwt/jwt-options.ts';
import { ConfigImage } from '../../../src/shared-memory/config-image.ts';
import { makeSigningKey } from '../../support/tokens.ts';
import { BASE } from './diagnose.ts';
import { temporaryFiles } from './temporary-files.ts';

const key = makeSigningKey('RS256', 'k1');
const pem = key.publicKey.export({ format: 'pem', type: 'spki' }) as string;
const request = (path: string) => ({ path, environment: {}, series: null, endpointRows: null, roomBytes: null });

test('key files are found beside their config file, and what they hold is in the options', (context) => {
  const directory = temporaryFiles(context, {
    'issuer.pem': pem,
    'issuer.json': JSON.stringify({ keys: [key.jwk] }),
    'penstock.yaml': `${BASE}policies:
  signed: [{ jwt: { keys: [{ file: issuer.pem, kid: a }, { file: issuer.json }] } }]
routes: [{ name: a, match: { path: /a }, policies: [signed], forward: { upstream: demo } }]
`,
  });
  const reply = loadAndCompile(request(join(directory, 'penstock.yaml')));
  assert.ok(reply.ok, JSON.stringify(reply));
  const image = new ConfigImage(new Uint8Array(reply.image));
  const { keys } = image.policy(image.route(0 as never).policies![0]!).options as JwtOptions;
  assert.deepEqual(keys, [
    { kind: 'pem', pem, kid: 'a', algorithms: null },
    { kind: 'jwk', jwk: key.jwk },
  ]);
  assert.deepEqual(reply.globals.keySets, []);
});

test('key sets in use are listed once each, with the stricter settings of those who want them', (context) => {
  const set = (url: string, more: string) => `{ jwt: { keySet: { url: "${url}", ${more} } } }`;
  const directory = temporaryFiles(context, {
    'penstock.yaml': `${BASE}policies:
  one: [${set('https://a.example/keys', 'maxStale: 1h, timeout: 2s')}]
  unused: [${set('https://unused.example/keys', 'timeout: 2s')}]
routes:
  - { name: a, match: { path: /a }, policies: [one], forward: { upstream: demo } }
  - { name: b, match: { path: /b }, policies: [${set('https://a.example/keys', 'cooldown: 1s')}], forward: { upstream: demo } }
  - { name: c, match: { path: /c }, policies: [${set('https://b.example/keys', 'timeout: 3s')}], forward: { upstream: demo } }
`,
  });
  const reply = loadAndCompile(request(join(directory, 'penstock.yaml')));
  assert.ok(reply.ok, JSON.stringify(reply));
  const found = reply.globals.keySets.map(({ url, timeout, cooldown, maxStale }) => [url, timeout, cooldown, maxStale]);
  assert.deepEqual(found, [
    ['https://a.example/keys', 2000, 1000, 3_600_000],
    ['https://b.example/keys', 3000, 30_000, 0],
  ]);
});

test('what is wrong with a jwt is said at its place', (context) => {
  const directory = temporaryFiles(context, {
    'empty.json': '{"keys":[]}',
    'text.pem': 'hello',
    'penstock.yaml': `${BASE}policies:
  files: [{ jwt: { keys: [{ file: empty.json }, { file: text.pem }] } }]
  plain: [{ jwt: { keySet: { url: "http://issuer.example/keys" } } }]
  login: [{ jwt: { keySet: { url: "https://me:pass@issuer.example/keys" } } }]
  nobody: [{ jwt: { keySet: { url: "https://issuer.example/keys" }, audience: [] } }]
  header: [{ jwt: { keySet: { url: "https://issuer.example/keys" }, claimsToHeaders: { host: sub } } }]
`,
  });
  const reply = loadAndCompile(request(join(directory, 'penstock.yaml')));
  assert.ok(!reply.ok);
  const said = reply.diagnostics.map(({ message }) => message).join('\n');
  assert.match(said, /"empty.json" holds no JSON Web Keys, expected PEM/);
  assert.match(said, /"text.pem" is neither PEM nor JSON/);
  assert.match(said, /"http:\/\/issuer.example\/keys" can be changed on its way, expected https, or allowHttp: true/);
  assert.match(said, /policies.login\[0\].jwt.keySet.url holds credentials/);
  assert.doesNotMatch(said, /me:pass/);
  assert.match(said, /audience is empty, expected at least one item/);
  assert.match(said, /"host" is written by the gateway itself/);
});
