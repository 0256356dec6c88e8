import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bytes } from '../../../src/brand.ts';
import { LogRotation } from '../../../src/supervisor/log-rotation.ts';
import { AccessLog } from '../../../src/telemetry/access-log.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { anExchange } from '../telemetry/an-exchange.ts';

const LOOK_EVERY_MS = 2;

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

describe('the rotation of the access log', () => {
  it('loses no line of several writers, however often files are moved', async (t) => {
    const file = join(tempDir(t), 'access.log');
    const lost = { onLost: () => assert.fail('a line was lost'), onTrouble: (error: Error) => assert.ifError(error) };
    const writers = [0, 1, 2].map(() => new AccessLog({ file, sample: 1 }, lost));
    let rotations = 0;
    const rotation = new LogRotation(async () => {
      rotations++;
      await Promise.all(writers.map((writer) => writer.reopen()));
    }, LOOK_EVERY_MS);
    t.after(() => rotation.stop());
    rotation.use({ file, sample: 1, rotate: { size: 2000 as Bytes, keep: 1000 }, otlp: null });
    let written = 0;
    while (rotations < 5) {
      for (const writer of writers) writer.add(anExchange({ requestId: String(written++) }));
      await delay(1);
    }
    rotation.stop();
    await Promise.all(writers.map((writer) => writer.close(1000)));
    const folder = join(file, '..');
    const ids = readdirSync(folder).flatMap((name) =>
      linesOf(join(folder, name)).map((line) => JSON.parse(line).requestId),
    );
    assert.equal(ids.length, written);
    assert.equal(new Set(ids).size, written);
  });

  it('moves nothing while a writer still has the file that was moved last, and keeps so many files', async (t) => {
    const file = join(tempDir(t), 'access.log');
    const log = new AccessLog({ file, sample: 1 }, { onLost: () => {}, onTrouble: () => {} });
    const reopened: (() => void)[] = [];
    let wake = (): void => {};
    const rotation = new LogRotation(
      () =>
        new Promise((resolve) => {
          reopened.push(() => void log.reopen().then(resolve));
          wake();
        }),
      LOOK_EVERY_MS,
    );
    t.after(() => rotation.stop());
    rotation.use({ file, sample: 1, rotate: { size: 1 as Bytes, keep: 2 }, otlp: null });
    for (let round = 1; round <= 4; round++) {
      const asked = new Promise<void>((resolve) => (wake = resolve));
      log.add(anExchange({ requestId: `round ${round}` }));
      await asked;
      assert.equal(reopened.length, round);
      assert.ok(existsSync(`${file}.1`) && !existsSync(file));
      await delay(5 * LOOK_EVERY_MS);
      assert.equal(reopened.length, round, 'it did not wait');
      reopened.at(-1)!();
    }
    rotation.stop();
    await log.close(1000);
    assert.deepEqual(readdirSync(join(file, '..')).sort(), ['access.log', 'access.log.1', 'access.log.2']);
    assert.match(linesOf(`${file}.2`).join(), /round 3/);
  });
});
