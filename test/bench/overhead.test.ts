import assert from 'node:assert/strict';
import { it } from 'node:test';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { overheadBetween } from '../../bench/run/overhead.ts';

it("the gateway's own time is what was counted between two looks, by route, each bucket as its middle", () => {
  const before = new Map([['catalog', new Map([[40, 5]])]]);
  const after = new Map([
    [
      'catalog',
      new Map([
        [40, 8],
        [1_024, 1],
      ]),
    ],
    ['idle', new Map()],
    ['new', new Map([[0, 1]])],
  ]);
  const overhead = overheadBetween(before, after);
  assert.deepEqual(Object.keys(overhead), ['catalog', 'new']);
  const catalog = decodeFromCompressedBase64(overhead['catalog']!);
  assert.deepEqual([catalog.totalCount, catalog.getValueAtPercentile(50)], [4, 41]);
  assert.ok(Math.abs(catalog.maxValue - 1_056) <= 1);
});
