import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FileWatch, type WatchTimes } from '../../../../src/supervisor/source/file-watch.ts';
import { within } from '../../../support/deadline.ts';
import { tempDir } from '../../../support/temp-dir.ts';

/** Told of what happens at once; looks by itself never. */
const TOLD: WatchTimes = { lookEveryMs: 3_600_000, quietMs: 20, longestWaitMs: 200 };
/** Finds changes that the system does not tell of. */
const LOOKING: WatchTimes = { lookEveryMs: 10, quietMs: 10, longestWaitMs: 20 };

class Changes {
  count = 0;
  readonly watch: FileWatch;
  #wake: () => void = () => {};

  constructor(t: TestContext, times: WatchTimes) {
    const onChange = async (): Promise<void> => {
      this.count++;
      this.#wake();
    };
    this.watch = new FileWatch(onChange, times);
    t.after(() => this.watch.close());
    // Unreferenced timers alone would let the test end.
    const alive = setInterval(() => {}, 1000);
    t.after(() => clearInterval(alive));
  }

  async after(change: () => void): Promise<void> {
    const changed = new Promise<void>((resolve) => (this.#wake = resolve));
    change();
    await within(changed, 'change');
  }
}

describe('a watch over files', () => {
  it('tells of a file that is written, replaced, removed or there at last', async (t) => {
    const folder = tempDir(t);
    const file = join(folder, 'a');
    const changes = new Changes(t, TOLD);
    // Never seen before: it may have changed since it was read.
    await changes.after(() => {
      changes.watch.use([file]);
      writeFileSync(join(folder, 'other'), 'x');
    });
    await changes.after(() => writeFileSync(file, 'there'));
    await changes.after(() => appendFileSync(file, ', and more'));
    await changes.after(() => {
      writeFileSync(`${file}~`, 'replaced');
      renameSync(`${file}~`, file);
    });
    await changes.after(() => rmSync(file));
    const before = changes.count;
    await changes.after(() => {
      for (let i = 0; i < 20; i++) appendFileSync(file, 'in pieces');
    });
    assert.equal(changes.count, before + 1, 'pieces written in a row are one change');
  });

  it('finds a link to another folder, however far up it is', async (t) => {
    const folder = tempDir(t);
    for (const name of ['1', '2']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'a'), name);
    }
    symlinkSync('1', join(folder, 'current'));
    const changes = new Changes(t, LOOKING);
    await changes.after(() => changes.watch.use([join(folder, 'current', 'a')]));
    await changes.after(() => {
      symlinkSync('2', join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, 'current'));
    });
    await changes.after(() => writeFileSync(join(folder, '2', 'a'), 'changed'));
  });
});
