import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { weakenVersionNeed } from '../../../native-bindings/elf-version-need.ts';

const directory = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
const original = readFileSync(join(directory, `uws_linux_x64_${process.versions.modules}.node`));

test('exactly one flag of the real binary changes, and only for the version asked for', () => {
  const image = Buffer.from(original);
  assert.equal(weakenVersionNeed(image, 'GLIBC_2.99'), 0);
  assert.ok(image.equals(original));
  assert.equal(weakenVersionNeed(image, 'GLIBC_2.38'), 1);
  const changed = [...image.keys()].filter((index) => image[index] !== original[index]);
  assert.equal(changed.length, 1);
  assert.equal(image[changed[0]], original[changed[0]] | 2);
});

test('what is no 64-bit little-endian ELF file is refused', () => {
  assert.throws(() => weakenVersionNeed(Buffer.alloc(64), 'GLIBC_2.38'), /ELF/);
  const other = Buffer.from(original.subarray(0, 64));
  other[4] = 1;
  assert.throws(() => weakenVersionNeed(other, 'GLIBC_2.38'), /ELF/);
});
