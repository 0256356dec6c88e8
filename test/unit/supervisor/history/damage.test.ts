/** What a disk refuses or damages: said, never fatal, and never taken for what was written. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { CompilePool } from '../../../../src/offload/compile-pool.ts';
import { firstSnapshot } from '../../../../src/supervisor/first-snapshot.ts';
import { identify } from '../../../../src/supervisor/history/config-snapshot.ts';
import { FileSource } from '../../../../src/supervisor/source/file-source.ts';
import { fileLifetime } from '../../../support/file-lifetime.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { add, compiled, contentOf, openHistory } from './snapshots.ts';

const file = fileLifetime();
const [one, two, three] = [compiled(file, 1), compiled(file, 2), compiled(file, 3)];
/** Where every write ends with ENOSPC. */
const FULL = '/dev/full';

describe('a disk that is full', () => {
  it('costs the way back over a restart to that snapshot alone, until there is room', async (t) => {
    const folder = tempDir(t);
    const { history, troubles } = await openHistory(folder);
    const first = add(history, one);
    await history.written();
    const id = identify(history.key, two);
    symlinkSync(FULL, join(folder, `${id}.snapshot.new`));
    const second = add(history, two);
    await history.written();
    assert.match(troubles.join('\n'), /^the history could not be written: ENOSPC/);
    assert.equal(history.failures, 1);
    assert.deepEqual(contentOf(await history.load(id)), contentOf(second), 'in this life it is there');
    const { history: next } = await openHistory(folder);
    assert.equal(next.live, first.id);
    assert.deepEqual(contentOf(await next.load(first.id)), contentOf(first));

    add(history, three, 'refused');
    await history.written();
    assert.equal(history.failures, 1);
    const { history: later } = await openHistory(folder);
    assert.equal(later.live, id);
    assert.deepEqual(contentOf(await later.load(id)), contentOf(second));
    assert.equal(later.entries.length, 3);
  });

  it('leaves the index of before, and the next write has every entry', async (t) => {
    const folder = tempDir(t);
    const { history, troubles } = await openHistory(folder);
    add(history, one);
    await history.written();
    symlinkSync(FULL, join(folder, 'index.json.new'));
    add(history, two);
    await history.written();
    assert.equal(troubles.length, 1);
    assert.equal((await openHistory(folder)).history.entries.length, 1);
    add(history, three);
    await history.written();
    assert.equal(troubles.length, 1);
    assert.deepEqual((await openHistory(folder)).history.entries, history.entries);
  });

  it('from the start: everything but the disk works, and it is tried again', async (t) => {
    const place = tempDir(t);
    writeFileSync(join(place, 'state'), 'a file where the folder should be');
    const { history, troubles } = await openHistory(join(place, 'state', 'history'));
    const first = add(history, one);
    const second = add(history, two);
    await history.written();
    assert.equal(history.failures, troubles.length);
    assert.match(troubles.at(-1)!, /ENOTDIR/);
    assert.deepEqual(contentOf(await history.load(first.id)), contentOf(first));
    assert.deepEqual([...(await history.kept())].sort(), [first.id, second.id].sort());
  });
});

describe('a snapshot or an index of which bytes are lost or changed', () => {
  let folder: string;
  let ids: readonly string[];
  let contents: readonly object[];
  before(async () => {
    folder = tempDir(file);
    const { history } = await openHistory(folder);
    const snapshots = [one, two].map((reply) => add(history, reply));
    await history.written();
    ids = snapshots.map(({ id }) => id);
    contents = snapshots.map(contentOf);
  });

  /** Damages a file, looks, and puts it right again. */
  async function withDamage(name: string, damage: fc.Arbitrary<Damage>, look: () => Promise<void>): Promise<void> {
    const path = join(folder, name);
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(damage, async ({ kind, at, bit }) => {
        const offset = Math.floor(at * whole.length);
        if (kind === 'cut') truncateSync(path, offset);
        else
          writeFileSync(
            path,
            whole.map((byte, index) => (index === offset ? byte ^ (1 << bit) : byte)),
          );
        try {
          await look();
        } finally {
          writeFileSync(path, whole);
        }
      }),
      { numRuns: 150 },
    );
  }

  interface Damage {
    readonly kind: 'cut' | 'flip';
    readonly at: number;
    readonly bit: number;
  }
  const damages: fc.Arbitrary<Damage> = fc.record({
    kind: fc.constantFrom('cut', 'flip'),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bit: fc.nat({ max: 7 }),
  });

  it('a snapshot is refused, in a sentence, and the others are there', async () => {
    await withDamage(`${ids[0]}.snapshot`, damages, async () => {
      const { history, troubles } = await openHistory(folder);
      await assert.rejects(
        history.load(ids[0]!),
        new RegExp(`^Error: the snapshot ${ids[0]} cannot be read: the file is damaged$`),
      );
      assert.deepEqual(contentOf(await history.load(ids[1]!)), contents[1]);
      assert.deepEqual(troubles, []);
    });
  });

  it('an index is not believed: the history begins anew and says so', async () => {
    await withDamage('index.json', damages, async () => {
      const { history, troubles } = await openHistory(folder);
      assert.deepEqual(history.entries, []);
      assert.equal(history.live, null);
      assert.match(troubles.join(), /the history begins anew: its index\.json cannot be read/);
    });
  });

  it('a snapshot under the name of another is refused', async () => {
    const path = join(folder, `${ids[0]}.snapshot`);
    const whole = readFileSync(path);
    writeFileSync(path, readFileSync(join(folder, `${ids[1]}.snapshot`)));
    const { history } = await openHistory(folder);
    await assert.rejects(history.load(ids[0]!), new RegExp(`its file is that of ${ids[1]}`));
    writeFileSync(path, whole);
  });

  it('when the config is broken too, the gateway begins with the newest that is whole', async () => {
    const { history } = await openHistory(folder);
    const broken = { compile: async () => ({ ok: false, diagnostics: [], files: [] }) } as unknown as CompilePool;
    const begin = () => firstSnapshot(broken, history, new FileSource('nowhere.yaml'), () => {});
    assert.equal((await begin()).snapshot.id, ids[1]);
    const paths = ids.map((id) => join(folder, `${id}.snapshot`));
    const [whole, newest] = paths.map((path) => readFileSync(path)) as [Buffer, Buffer];
    writeFileSync(paths[1]!, newest.subarray(1));
    const { snapshot, refusal } = await begin();
    assert.equal(snapshot.id, ids[0]);
    assert.match(refusal!, new RegExp(`the snapshot ${ids[1]} cannot be read: the file is damaged`));
    writeFileSync(paths[0]!, '');
    await assert.rejects(begin(), /The last good one cannot be had either/);
    writeFileSync(paths[0]!, whole);
    writeFileSync(paths[1]!, newest);
  });
});

it('what a killed gateway had not finished to write is gone after the next write', async (t) => {
  const folder = tempDir(t);
  const { history } = await openHistory(folder);
  add(history, one);
  await history.written();
  const left = join(folder, '0123456789ab.snapshot.new');
  writeFileSync(left, 'half');
  const { history: next } = await openHistory(folder);
  add(next, two);
  await next.written();
  assert.ok(!existsSync(left));
});
