import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { checked } from '../../src/supervisor/history/checked-bytes.ts';
import { History } from '../../src/supervisor/history/history.ts';
import { tempDir } from '../support/temp-dir.ts';
import { killNow, nextMessage, spawnChild } from './children/spawn-child.ts';

const KILLS = 8;

test('a gateway killed while it writes its history leaves a whole one to the next', async (t) => {
  const folder = tempDir(t);
  let written = 0;
  let unfinished = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = spawnChild('keep-history', [folder], []);
    assert.equal(await nextMessage(writer), 'opened', 'the history of before was whole');
    writer.on('message', (message) => {
      assert.equal(message, 'written');
      written++;
    });
    assert.equal(await nextMessage(writer), 'written');
    // Some way into its work, at no particular instruction: what is tested is that the moment does not matter.
    await pass(kill * 2);
    await killNow(writer);
    const troubles: string[] = [];
    const history = await History.open(folder, (message) => troubles.push(message));
    assert.deepEqual(troubles, []);
    const { number } = history.entries.at(-1)!;
    assert.ok(number >= written, `${written} entries were said to be written, ${number} are there`);
    written = number;
    assert.equal(history.entries.at(-1)!.id, history.live);
    checked(readFileSync(join(folder, `${history.live}.snapshot`)));
    unfinished += readdirSync(folder).filter((name) => name.endsWith('.new')).length;
  }
  assert.ok(unfinished > 0, 'no kill hit a write: the test proves nothing');
});
