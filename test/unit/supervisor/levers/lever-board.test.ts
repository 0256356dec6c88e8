import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { Lever } from '../../../../src/ipc.ts';
import { LeverBoard, type LeverPlace } from '../../../../src/supervisor/levers/lever-board.ts';
import { fileLifetime } from '../../../support/file-lifetime.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { add, compiled, openHistory } from '../history/snapshots.ts';

const file = fileLifetime();
const config = compiled(file, 1);
const KILL: Lever = { kind: 'kill-route', route: 'all' };

/** A board over a fleet of one acceptor that remembers what it was told. */
async function openBoard(folder: string) {
  const { history } = await openHistory(folder);
  const live = add(history, config);
  await history.written();
  const applied: (readonly Lever[])[] = [];
  const acceptor = { applyLevers: async (levers: readonly Lever[]) => void applied.push(levers) };
  const fleet = Object.assign(new EventEmitter(), { acceptors: [acceptor] });
  const reports: string[] = [];
  const place = { fleet, live, report: (message: string) => reports.push(message) } as unknown as LeverPlace;
  const board = new LeverBoard(history, place);
  return { board, applied, reports, fleet, acceptor, folder };
}

const pull = (board: LeverBoard, lever: Lever, forMs: number | null = null) =>
  board.pull({ lever, who: 'maria', why: 'fire', forMs });

async function kept(folder: string): Promise<string> {
  await new Promise((resolve) => setImmediate(resolve));
  for (;;) {
    try {
      return readFileSync(join(folder, 'levers.json'), 'utf8');
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('levers', () => {
  it('are with every acceptor when the wish is answered, with those to come, and in the next life', async (t) => {
    const { board, applied, fleet, acceptor, folder } = await openBoard(tempDir(t));
    const pulled = await pull(board, KILL);
    assert.ok(typeof pulled !== 'string');
    assert.deepEqual(applied, [[KILL]]);
    fleet.emit('spawned', acceptor);
    assert.deepEqual(applied, [[KILL], [KILL]]);
    await kept(folder);
    const next = await openBoard(folder);
    assert.deepEqual(next.board.pulled, [pulled]);
    assert.equal(await next.board.release('none'), null);
    await next.board.release(pulled.id);
    assert.deepEqual([next.board.pulled, next.applied], [[], [[]]]);
    await next.board.close();
  });

  it('replace one that was pulled for the same thing', async (t) => {
    const { board, applied } = await openBoard(tempDir(t));
    const limit = (units: number): Lever => ({ kind: 'log-level', level: units === 1 ? 'debug' : 'warn' }) as Lever;
    await pull(board, limit(1));
    await pull(board, KILL);
    await pull(board, limit(2));
    assert.deepEqual(applied.at(-1), [KILL, limit(2)]);
    await board.close();
  });

  it('are let go of when their time is over, and said so', async (t: TestContext) => {
    const { board, applied, reports } = await openBoard(tempDir(t));
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-01') });
    await pull(board, KILL, 60_000);
    const level = { kind: 'log-level', level: 'debug' } as Lever;
    await pull(board, level);
    t.mock.timers.tick(59_999);
    assert.equal(board.pulled.length, 2);
    t.mock.timers.tick(1);
    assert.deepEqual(applied.at(-1), [level]);
    assert.match(reports.join(), /the time of a lever is over: kill-route all \(fire\)/);
    t.mock.timers.tick(100 * 24 * 3600 * 1000);
    assert.equal(board.pulled.length, 1, 'one without an end stays');
    await board.close();
  });

  it('that cannot be pulled change nothing, and say why', async (t) => {
    const { board, applied } = await openBoard(tempDir(t));
    const endpoint = 'http://127.0.0.1:1';
    const refusals: readonly [Lever, RegExp][] = [
      [{ kind: 'kill-route', route: 'nowhere' }, /there is no route nowhere/],
      [{ kind: 'limit', route: 'all', window: {} } as unknown as Lever, /the route all has no rateLimit/],
      [{ kind: 'endpoint-out', upstream: 'v', endpoint }, /there is no upstream v/],
      [{ kind: 'endpoint-out', upstream: 'u', endpoint: 'x' }, /has no endpoint x, expected one of /],
    ];
    for (const [lever, why] of refusals) assert.match(String(await pull(board, lever)), why);
    const { name } = config.globals.upstreams[0]!.endpoints[0]!;
    const last = await pull(board, { kind: 'endpoint-out', upstream: 'u', endpoint: name });
    assert.match(String(last), /is the last endpoint of u, expected its routes to be killed/);
    assert.deepEqual([board.pulled, applied], [[], []]);
    await board.close();
  });

  it('of a file that is damaged are forgotten, and said so, whatever is in it', async (t) => {
    const folder = tempDir(t);
    await openBoard(folder);
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('{}', 'null', '[null]', '[{"lever":{}}]', '[{"lever":{"kind":"kill-route"}}]'),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        writeFileSync(join(folder, 'levers.json'), text);
        const { board, reports } = await openBoard(folder);
        assert.deepEqual(board.pulled, []);
        if (text.trim() !== '[]') assert.match(reports.join(), /levers that were pulled are forgotten/);
      }),
      { numRuns: 30 },
    );
  });
});
