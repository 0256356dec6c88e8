import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { resolveReferences } from '../../../src/config/references.ts';
import { parseSource } from '../../../src/config/source/read-source.ts';
import { BASE, configOf, diagnose } from './diagnose.ts';
import { temporaryFiles } from './temporary-files.ts';

const resolve = (text: string, environment: Record<string, string> = {}): unknown => {
  const { source } = parseSource('a.json', JSON.stringify([text]));
  const { value, diagnostics } = resolveReferences(source!, environment);
  return diagnostics.length > 0 ? diagnostics.map(({ message }) => message) : (value as unknown[])[0];
};

test('variables are put in, also several and within other text', () => {
  assert.equal(resolve(`\${env:A}`, { A: 'x' }), 'x');
  assert.equal(resolve(`http://\${env:HOST}:\${env:PORT}`, { HOST: 'h', PORT: '80' }), 'http://h:80');
  assert.equal(resolve(`\${env:EMPTY}`, { EMPTY: '' }), '');
});

test('an escaped reference is plain text, and what a reference gives is not looked at again', () => {
  assert.equal(resolve(`$\${env:A}`), `\${env:A}`);
  assert.equal(resolve(`\${env:A}`, { A: `\${env:B}` }), `\${env:B}`);
  assert.equal(resolve('$5 and $ and $$'), '$5 and $ and $$');
});

test('text without a reference is left as it is', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes(`\${`)),
      (text) => assert.equal(resolve(text), text),
    ),
  );
});

test('a reference that leads nowhere is an error at its place', () => {
  const places = (token: string): string[] => diagnose(`${BASE}admin:\n  token: "${token}"\n`);
  assert.deepEqual(places(`\${env:NOT_SET}`), [
    `7:10: \${env:NOT_SET} refers to a variable that is not set, expected NOT_SET in the environment`,
  ]);
  assert.deepEqual(places(`\${env:}`), [
    `7:10: \${env:} refers to a variable that is not set, expected a name in the environment`,
  ]);
  assert.deepEqual(places(`\${file:/does/not/exist}`), [
    `7:10: \${file:/does/not/exist} refers to a file that cannot be used: no such file, expected a readable one`,
  ]);
  assert.deepEqual(places(`\${vault:x}`), [
    `7:10: \${vault:x} is no reference, expected \${env:NAME} or \${file:/path}, or $\${ for a plain \${`,
  ]);
  assert.deepEqual(places(`\${env:A`), [`7:10: \${ has no closing brace, expected \${env:NAME} or \${file:/path}`]);
});

test('files are taken from the folder of the config, and lose one line break', (context) => {
  const directory = temporaryFiles(context, {
    'secrets/token': 'from a file\n',
    'penstock.yaml': `${BASE}admin: { token: "\${file:secrets/token}" }\n`,
  });
  assert.equal(loadConfig(join(directory, 'penstock.yaml'), {}).loaded?.config.admin.token, 'from a file');
});

test('references work in every field that is text', () => {
  const text = `${BASE}admin: { address: "127.0.0.1:\${env:PORT}" }\nruntime: { drainTimeout: "\${env:DRAIN}" }\n`;
  const config = configOf(text, { PORT: '9999', DRAIN: '5s' });
  assert.deepEqual(config.admin.address, { host: '127.0.0.1', port: 9999 });
  assert.equal(config.runtime.drainTimeout, 5000);
});

test('what a reference stands for is never said, whatever is wrong with it', () => {
  const secret = 'S3cret!value';
  const fields = [
    (reference: string) => `admin: { address: "${reference}" }`,
    (reference: string) =>
      `runtime: { acceptors: "${reference}", drainTimeout: "${reference}", memory: { config: "${reference}" } }`,
    (reference: string) => `telemetry: { accessLog: "${reference}" }`,
    (reference: string) =>
      `routes: [{ name: "${reference}", match: { path: "${reference}", methods: ["${reference}"], hosts: ["${reference}"] }, forward: { upstream: "${reference}", host: "${reference}" } }]`,
    (reference: string) =>
      `routes: ["${reference}", { name: a, match: "${reference}", forward: { upstream: demo, stripPrefix: "${reference}" } }]`,
    (reference: string) => `consumers: { a: "${reference}" }`,
    (reference: string) =>
      `routes:\n${['a', 'b'].map(() => `  - { name: "${reference}", match: { path: /a }, forward: { upstream: demo } }\n`).join('')}`,
  ];
  for (const field of fields) {
    const source = parseSource('penstock.yaml', `${BASE}${field(`\${env:SECRET}`)}\n`);
    assert.ok(source.source !== null);
    const said = diagnose(`${BASE}${field(`\${env:SECRET}`)}\n`, undefined, { SECRET: secret });
    assert.ok(said.length > 0, field('x'));
    for (const sentence of said) assert.ok(!sentence.includes(secret), sentence);
  }
});

test('an alias that stands inside what it names is a fault with its place', (context) => {
  const directory = temporaryFiles(context, { 'penstock.yaml': 'version: 1\nlisteners: &l [*l]\n' });
  const [first] = loadConfig(join(directory, 'penstock.yaml'), {}).diagnostics.map(formatDiagnostic);
  assert.match(first!, /penstock\.yaml:2:16: an alias that stands inside what it names/);
});

test('a device is refused rather than read for ever', () => {
  const [first] = loadConfig('/dev/full', {}).diagnostics.map(formatDiagnostic);
  assert.equal(first, '/dev/full:1:1: is a pipe or a device, expected a file');
});

test('a bad file in a directory of secrets is named, not shown', (context) => {
  const directory = temporaryFiles(context, { 'penstock.yaml': `${BASE}admin: { token: "\${file:.}" }\n` });
  const { diagnostics } = loadConfig(join(directory, 'penstock.yaml'), {});
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    `${directory}/penstock.yaml:6:17: \${file:.} refers to a file that cannot be used: is a directory, expected a file`,
  ]);
});

test('a secret that is written out where something else is expected is not shown', () => {
  const wrong: readonly string[] = [
    'consumers: { a: { keys: SECRET } }',
    'consumers: { a: { keys: [[SECRET]] } }',
    'consumers: { a: { passwords: { one: SECRET } } }',
    'consumers: [{ name: a, keys: [SECRET] }]',
    'admin: [{ address: 127.0.0.1:0, token: SECRET }]',
    'policies: { a: [{ jwt: { keys: { secret: SECRET, algorithm: HS256 } } }] }',
    'policies: [{ jwt: { keys: [{ secret: SECRET }] } }]',
    'tests: { request: { url: /, headers: { authorization: SECRET } } }',
  ];
  for (const text of wrong) {
    const said = diagnose(`${BASE}${text}\n`).join('\n');
    assert.match(said, /"\*\*\*"/, text);
    assert.doesNotMatch(said, /SECRET/, text);
  }
});
