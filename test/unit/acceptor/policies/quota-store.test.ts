import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CounterKey, QuotaFile } from '../../../../src/acceptor/policies/quota-file.ts';
import { openQuotaFile } from '../../../../src/acceptor/policies/quota-file.ts';
import { QuotaStore } from '../../../../src/acceptor/policies/quota-store.ts';
import type { Millis } from '../../../../src/brand.ts';
import { dryHost } from '../../../../src/decision/dry-run.ts';
import { calendarWindow } from '../../../../src/decision/policies/calendar-window.ts';
import { QUOTA } from '../../../../src/decision/policies/host.ts';
import { ask, makePolicy } from '../../../support/policies.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const NOW = Date.UTC(2024, 1, 29, 23, 59, 59) as Millis;
const END = Date.UTC(2024, 2, 1) as Millis;

class FakeFile implements QuotaFile {
  readonly used = new Map<string, number>();
  fault: Error | null = null;
  update(key: CounterKey, change: (used: number) => number): void {
    if (this.fault !== null) throw this.fault;
    this.used.set(key.join(), change(this.used.get(key.join()) ?? 0));
  }
  purge(): void {}
  close(): void {}
}

function storeOver(file: QuotaFile, clock = { ms: 0 }, said: string[] = []): QuotaStore {
  const store = new QuotaStore({ open: () => file, now: () => clock.ms, report: (message) => said.push(message) });
  store.use('anywhere');
  return store;
}

describe('the store of quotas', () => {
  it('whichever acceptors ask, stop or are killed: never more than the limit, and all of it but what the killed held', () => {
    const steps = fc.array(
      fc.record({
        who: fc.nat({ max: 3 }),
        what: fc.constantFrom('take', 'take', 'take', 'stop', 'kill'),
        times: fc.nat({ max: 40 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), steps, (limit, list) => {
        const file = new FakeFile();
        const clock = { ms: 0 };
        const stores = Array.from({ length: 4 }, () => storeOver(file, clock));
        let admitted = 0;
        let kills = 0;
        const take = (store: QuotaStore): boolean => store.take('c', limit, END, NOW) >= 0;
        for (const { who, what, times } of list) {
          clock.ms += 2000;
          if (what === 'take') for (let i = 0; i < times; i++) admitted += Number(take(stores[who]!));
          else {
            if (what === 'stop') stores[who]!.close();
            else kills++;
            stores[who] = storeOver(file, clock);
          }
        }
        for (const store of stores.slice(1)) store.close();
        clock.ms += 2000;
        while (take(stores[0]!)) admitted++;
        assert.ok(admitted <= limit, `${admitted} of ${limit}`);
        assert.ok(admitted >= limit - kills * Math.ceil(limit / 256), `${admitted} of ${limit}, ${kills} killed`);
      }),
      { numRuns: 200 },
    );
  });

  it('a disk without room: unavailable, said once, and good again when there is room', () => {
    const file = new FakeFile();
    const clock = { ms: 0 };
    const said: string[] = [];
    const store = storeOver(file, clock, said);
    file.fault = new Error('ENOSPC: no space left on device');
    for (let i = 0; i < 3; i++) {
      assert.equal(store.take('c', 10, END, NOW), QUOTA.UNAVAILABLE);
      clock.ms += 1000;
    }
    assert.deepEqual(said, ['quotas cannot be kept in anywhere: ENOSPC: no space left on device']);
    file.fault = null;
    assert.equal(store.take('c', 10, END, NOW), 9);
  });

  it('the real file keeps what was used, forgets what is over, and is refused when it is damaged', (t) => {
    const folder = tempDir(t);
    const file = openQuotaFile(folder);
    for (let i = 0; i < 300; i++) file.update([1000 + i, 'a'], (used) => used + 1);
    file.update([5000, 'a'], () => 7);
    file.purge(2000);
    let found = 0;
    file.update([5000, 'a'], (used) => (found = used));
    assert.equal(found, 7);
    file.update([1000, 'a'], (used) => (found = used));
    assert.equal(found, 0);
    file.close();
    // What was purged has left pages behind: a sound file is never taken for a damaged one.
    for (let round = 0; round < 5; round++) {
      const again = openQuotaFile(folder);
      for (let i = 0; i < 50; i++) again.update([6000 + i, `${round}`], () => 1);
      again.purge(7000);
      again.close();
    }
  });
});

describe('quota', () => {
  it('begins anew with the window, by the clock handed in', async () => {
    let wall = NOW;
    const host = dryHost({
      clock: { wall: () => wall, monotonic: () => 0 as Millis },
      quotas: storeOver(new FakeFile()),
    });
    const policy = makePolicy('quota', { limit: 1, per: 'month', by: 'route' }, host);
    const error = async () => (await ask(policy, {})).decision;
    assert.equal((await error()).error, null);
    const refused = await error();
    assert.equal(refused.error, 'quota_exceeded');
    assert.deepEqual(refused.errorHeaders, ['retry-after', '1']);
    wall = END;
    const after = await error();
    assert.equal(after.error, null);
    assert.equal(after.responseHeaders.get('ratelimit-policy'), `"month";q=1;w=${31 * 86_400}`);
  });

  it('counts each value apart, and those without one together', async () => {
    const host = dryHost();
    const policy = makePolicy('quota', { limit: 1, per: 'day', by: { header: 'x-team' } }, host);
    const errors = [];
    for (const headers of [['x-team', 'a'], ['x-team', 'b'], ['x-team', 'a'], [], []])
      errors.push((await ask(policy, { headers })).decision.error);
    assert.deepEqual(errors, [null, null, 'quota_exceeded', null, 'quota_exceeded']);
  });

  it('windows are those of the UTC calendar, weeks from Monday', () => {
    const at = (text: string) => Date.parse(text) as Millis;
    const shown = (per: 'hour' | 'day' | 'week' | 'month') => {
      const { start, end } = calendarWindow(per, at('2024-02-29T23:59:59.999Z'));
      return [new Date(start).toISOString().slice(0, 13), new Date(end).toISOString().slice(0, 13)];
    };
    assert.deepEqual(shown('hour'), ['2024-02-29T23', '2024-03-01T00']);
    assert.deepEqual(shown('day'), ['2024-02-29T00', '2024-03-01T00']);
    assert.deepEqual(shown('week'), ['2024-02-26T00', '2024-03-04T00']);
    assert.deepEqual(shown('month'), ['2024-02-01T00', '2024-03-01T00']);
  });
});
