import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { diagnosticAt, formatDiagnostics } from '../../../src/config/diagnostics.ts';

test('of very many diagnostics the first are printed and the rest counted', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => diagnosticAt({ file: 'a', line: at + 1, column: 1 }, [], 'wrong'));
  const lines = formatDiagnostics(many(1000)).split('\n');
  assert.deepEqual(lines.slice(-3), ['a:200:1: wrong', 'and 800 more', '']);
  assert.equal(formatDiagnostics(many(200)).split('\n').length, 201);
  assert.equal(formatDiagnostics([]), '');
});
