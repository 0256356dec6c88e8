import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/config/units.ts';

test('durations become milliseconds', () => {
  const cases: [string, number][] = [
    ['250ms', 250],
    ['5s', 5000],
    ['1m', 60_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['0s', 0],
    ['0.001s', 1],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test('sizes become bytes', () => {
  const cases: [string, number][] = [
    ['512B', 512],
    ['16KiB', 16_384],
    ['10MiB', 10_485_760],
    ['1GiB', 1_073_741_824],
    ['1.5KiB', 1536],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

test('what is no quantity of whole units is refused', () => {
  for (const text of [
    '',
    '5',
    's',
    '5 s',
    ' 5s',
    '-5s',
    '+5s',
    '5S',
    '5sec',
    '1m30s',
    '1e3s',
    '.5s',
    '5.s',
    '0.5ms',
    '5ms\n',
    `${'9'.repeat(16)}s`,
  ]) {
    assert.equal(parseDuration(text), null, JSON.stringify(text));
  }
  for (const text of ['', '10', '10KB', '10kib', '10 KiB', '-1KiB', '0.5B', '1TiB', '99999999999999GiB']) {
    assert.equal(parseSize(text), null, JSON.stringify(text));
  }
});

test('every duration and size survives being written and read again', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), (quantity) => {
      assert.equal(parseDuration(formatDuration(quantity)), quantity);
      assert.equal(parseSize(formatSize(quantity)), quantity);
    }),
  );
});

test('whatever the text, the answer is null or a whole number that is not negative', () => {
  const nearly = fc.stringMatching(/^[-+]?\d{0,17}\.?\d{0,4} ?(ms|s|m|h|B|KiB|MiB|GiB|x)?$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      for (const quantity of [parseDuration(text), parseSize(text)]) {
        assert.ok(quantity === null || (Number.isSafeInteger(quantity) && quantity >= 0));
      }
    }),
  );
});
