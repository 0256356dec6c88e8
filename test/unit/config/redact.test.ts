import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { printableConfig } from '../../../src/config/redact.ts';
import { BASE, load } from './diagnose.ts';

const printed = (admin: string): string => {
  const { loaded } = load(`${BASE}admin: ${admin}\n`, undefined, { TOKEN: 'resolved' });
  return JSON.stringify(printableConfig(loaded!.source));
};

test('a reference is printed as written', () => {
  assert.ok(printed(`{ token: "\${env:TOKEN}" }`).includes(`"token":"\${env:TOKEN}"`));
  assert.ok(!printed(`{ token: "\${env:TOKEN}" }`).includes('resolved'));
});

test('a secret in plain text is masked, also one that only looks like a reference', () => {
  assert.ok(printed('{ token: plain }').includes('"token":"***"'));
  assert.ok(printed(`{ token: "$\${env:TOKEN}" }`).includes('"token":"***"'));
});

test('a secret in part is masked as a whole', () => {
  assert.ok(printed(`{ token: "begin\${env:TOKEN}" }`).includes('"token":"***"'));
});

test('everything else is printed as it is', () => {
  assert.ok(printed('{ address: 127.0.0.1:0 }').includes('"address":"127.0.0.1:0"'));
});
