import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE, diagnose } from './diagnose.ts';

const said = (consumers: string): string[] => diagnose(`${BASE}consumers:\n${consumers}`);

test('a key or a subject of two consumers is named by both places, and a key never shown', () => {
  const keys = said('  a: { keys: [sesame] }\n  b: { keys: [other, sesame] }\n');
  assert.deepEqual(keys, ['8:22: this key stands twice, expected each once (first at penstock.yaml:7:15)']);
  const subjects = said('  a: { subjects: [x] }\n  b: { subjects: [x] }\n');
  assert.deepEqual(subjects, ['8:19: this subject stands twice, expected each once (first at penstock.yaml:7:19)']);
});

test('passwords are hashes, and who has one holds no colon', () => {
  const [wrong] = said('  a: { passwords: [secret] }\n');
  assert.match(wrong!, /^7:20: .* is no password hash.*, expected what penstock hash-password prints$/);
  assert.doesNotMatch(wrong!, /secret/);
  const hash = `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  assert.deepEqual(said(`  a: { passwords: ["${hash}"] }\n  "b:c": { keys: [k] }\n`), []);
  assert.match(said(`  "b:c": { passwords: ["${hash}"] }\n`)[0]!, /^7:3: "b:c" has passwords and holds a colon/);
});
