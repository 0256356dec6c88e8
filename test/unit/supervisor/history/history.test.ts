import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { History } from '../../../../src/supervisor/history/history.ts';
import { fileLifetime } from '../../../support/file-lifetime.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { add, compiled, contentOf, openHistory, SECRET } from './snapshots.ts';

const file = fileLifetime();
const [one, two, three, four] = [compiled(file, 1), compiled(file, 2), compiled(file, 3), compiled(file, 4)];

const snapshotsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.snapshot'))
    .map((name) => name.slice(0, -'.snapshot'.length))
    .sort();

async function entriesOf(history: History): Promise<readonly (string | null)[]> {
  await history.written();
  return history.entries.map(({ id }) => id);
}

describe('a history', () => {
  it('gives back in the next life what was added, whole, and knows what was live', async (t) => {
    const folder = join(tempDir(t), 'not', 'there', 'yet');
    const { history, troubles } = await openHistory(folder);
    const snapshots = [one, two, three].map((reply) => add(history, reply));
    add(history, four, 'refused');
    await history.written();
    const next = (await openHistory(folder)).history;
    assert.deepEqual(next.entries, history.entries);
    assert.deepEqual(
      next.entries.map(({ number }) => number),
      [1, 2, 3, 4],
    );
    assert.equal(next.live, snapshots[2]!.id);
    assert.deepEqual(next.numbering?.series.names, three.series.names);
    for (const snapshot of snapshots)
      assert.deepEqual(contentOf(await next.load(snapshot.id)), contentOf(snapshot), 'as it was written');
    assert.deepEqual(troubles, []);
  });

  it('gives the same config the same id in every life', async (t) => {
    const folder = tempDir(t);
    const { history } = await openHistory(folder);
    const { id } = add(history, one);
    await history.written();
    const next = (await openHistory(folder)).history;
    assert.equal(add(next, one).id, id);
    assert.notEqual(add(next, two).id, id);
  });

  it('is for its user alone, and tells no secret but in the snapshots', async (t) => {
    const folder = join(tempDir(t), 'state');
    const { history } = await openHistory(folder);
    add(history, one);
    await history.written();
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const name of readdirSync(folder)) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
      const isOpen = readFileSync(join(folder, name)).includes(SECRET);
      assert.equal(isOpen, name.endsWith('.snapshot'), `${name} ${isOpen ? 'tells' : 'has lost'} the secret`);
    }
  });

  it('keeps the newest as far as there is room, and the live one in any case', async (t) => {
    const folder = tempDir(t);
    const { history } = await openHistory(folder);
    history.limits = { snapshots: 2, bytes: 1024 ** 3 };
    const ids = [one, two, three].map((reply) => add(history, reply).id);
    await history.written();
    assert.deepEqual(snapshotsIn(folder), ids.slice(1).sort());
    add(history, two, 'rolled-back');
    ids.push(add(history, four).id);
    await history.written();
    assert.deepEqual(snapshotsIn(folder), [ids[1]!, ids[3]!].sort(), 'two was live after three');
    history.limits = { snapshots: 2, bytes: 1 };
    add(history, four, 'refused');
    await history.written();
    assert.deepEqual(snapshotsIn(folder), [ids[3]]);
    const { history: next } = await openHistory(folder);
    await assert.rejects(next.load(ids[0]!), new RegExp(`the snapshot ${ids[0]} cannot be read: `));
  });

  it('does not forget what there is to go back to, however many configs are refused', async (t) => {
    const { history } = await openHistory(tempDir(t));
    const { id } = add(history, one);
    add(history, two);
    for (let i = 0; i < 1000; i++) add(history, three, 'refused');
    const ids = await entriesOf(history);
    assert.ok(ids.includes(id));
    assert.ok(ids.length < 500, `${ids.length} entries`);
    assert.equal(history.entries.at(-1)!.number, 1002);
  });

  it('offers no snapshot of another numbering', async (t) => {
    const folder = tempDir(t);
    const { history } = await openHistory(folder);
    const { id } = add(history, one);
    await history.written();
    const { history: next } = await openHistory(folder);
    next.forgetNumbering();
    await assert.rejects(next.load(id), /was compiled for other sizes of runtime\.memory/);
    add(next, two);
    await next.written();
    await assert.rejects((await openHistory(folder)).history.load(id), /was compiled for other sizes/);
  });

  it('offers nothing that it does not tell of, wherever the name leads', async (t) => {
    const { history } = await openHistory(tempDir(t));
    add(history, one);
    await assert.rejects(history.load('../../etc/passwd'), /the history knows no snapshot/);
  });
});

describe('two gateways with one folder', () => {
  it('the second goes on without a history, and says so once', async (t) => {
    const folder = tempDir(t);
    const { history } = await openHistory(folder);
    const { id } = add(history, one);
    await history.written();
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log("up")', 'run']);
    t.after(() => other.kill('SIGKILL'));
    await once(other.stdout, 'data');
    writeFileSync(join(folder, 'owner'), String(other.pid));
    const before = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('hex')]);
    const second = await openHistory(folder);
    add(second.history, two);
    add(second.history, three);
    await second.history.written();
    assert.equal(second.troubles.length, 1);
    assert.match(second.troubles[0]!, /another gateway that runs keeps its own in .*, expected --state/);
    assert.deepEqual(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('hex')]),
      before,
    );
    assert.equal((await second.history.load(id)).id, id, 'what is there can be read');
    other.kill('SIGKILL');
    await once(other, 'exit');
    const third = await openHistory(folder);
    add(third.history, two);
    await third.history.written();
    assert.deepEqual(third.troubles, []);
    assert.equal(readFileSync(join(folder, 'owner'), 'utf8'), String(process.pid));
  });
});

describe('a history without its key', () => {
  it('says that ids change, and keeps what there is', async (t) => {
    const folder = tempDir(t);
    const { history } = await openHistory(folder);
    const { id } = add(history, one);
    await history.written();
    rmSync(join(folder, 'key'));
    const { history: next, troubles } = await openHistory(folder);
    assert.match(troubles.join(), /another id from now on/);
    assert.equal((await next.load(id)).id, id);
    assert.notEqual(add(next, one).id, id);
  });
});
