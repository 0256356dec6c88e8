import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CountedExport } from '../../../../src/telemetry/export/counted-export.ts';

type OnResult = (result: { readonly code: number; error?: Error }) => void;

/** An exporter whose exports end when the test says so. */
function anExport(limitMs: number) {
  const waiting: OnResult[] = [];
  const seen = { done: [] as [number, boolean][], troubles: [] as (string | null)[] };
  const inner = {
    export: (_: string[], onResult: OnResult) => void waiting.push(onResult),
    shutdown: () => Promise.resolve(),
  };
  const counted = new CountedExport<string>(inner, {
    limitMs,
    onDone: (items, isExported) => seen.done.push([items, isExported]),
    onTrouble: (reason) => seen.troubles.push(reason),
  });
  return { counted, waiting, seen };
}

describe('an export that is counted', () => {
  it('is counted once, as what became of it, and its troubles are told when they begin and end', () => {
    const { counted, waiting, seen } = anExport(60_000);
    const results: number[] = [];
    for (const items of [['a'], ['b', 'c'], ['d'], ['e']]) counted.export(items, ({ code }) => results.push(code));
    waiting[0]!({ code: 0 });
    waiting[1]!({ code: 1, error: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) });
    waiting[1]!({ code: 0 });
    waiting[2]!({ code: 1, error: new Error('x'.repeat(1000)) });
    waiting[3]!({ code: 0 });
    assert.deepEqual(seen.done, [
      [1, true],
      [2, false],
      [1, false],
      [1, true],
    ]);
    assert.deepEqual(seen.troubles, ['(ECONNREFUSED)', null]);
    assert.deepEqual(results, [0, 1, 1, 0]);
  });

  it('has failed when nothing is heard of it', async () => {
    const { counted, waiting, seen } = anExport(1);
    const { code, error } = await new Promise<Parameters<OnResult>[0]>((resolve) => counted.export(['a'], resolve));
    assert.equal(code, 1);
    assert.match(error!.message, /takes too long/);
    waiting[0]!({ code: 0 });
    assert.deepEqual(seen.done, [[1, false]]);
  });
});
