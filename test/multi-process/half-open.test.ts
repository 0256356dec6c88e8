import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeFd, createMemory, mapMemory } from '../../native-bindings/native.ts';
import type { EndpointRow } from '../../src/brand.ts';
import { EndpointTable } from '../../src/shared-memory/endpoint-table.ts';
import { killNow, nextMessage, spawnChild } from './children/spawn-child.ts';

const BYTES = 8192;
const OPEN = 1;

for (const probes of [1, 3]) {
  test(`four processes let exactly ${probes} through a half-open circuit, round after round`, async () => {
    const fd = createMemory(BYTES);
    const table = new EndpointTable(mapMemory(fd, 0, BYTES, true), 4);
    const children = [0, 1, 2, 3].map((slot) => spawnChild('probe-circuit', [slot, probes, BYTES], [fd]));
    await Promise.all(children.map(nextMessage));
    table.set(0 as EndpointRow, 'CIRCUIT', OPEN);
    for (let round = 1; round <= 50; round++) {
      // Probes of the round before were never heard of: once their time is over another round begins.
      const now = round * 100_000;
      const answers = children.map(nextMessage);
      for (const child of children) child.send({ now, times: 200 });
      const admitted = (await Promise.all(answers)).map(Number);
      assert.equal(
        admitted.reduce((sum, count) => sum + count, 0),
        probes,
        `round ${round}: ${admitted}`,
      );
    }
    await Promise.all(children.map(killNow));
    closeFd(fd);
  });
}
