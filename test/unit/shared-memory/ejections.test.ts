import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EndpointRow, Millis } from '../../../src/brand.ts';
import type { PassiveHealth } from '../../../src/config/compiled-care.ts';
import { Ejections, LONGEST_EJECTION } from '../../../src/shared-memory/ejections.ts';
import { EndpointTable, endpointTableBytes } from '../../../src/shared-memory/endpoint-table.ts';

const RULES: PassiveHealth = {
  failures: 3,
  within: 1000 as Millis,
  ejectFor: 100 as Millis,
  maxEjected: 0.5,
  statuses: [],
};
const rowsOf = (count: number): EndpointRow[] => Array.from({ length: count }, (_, row) => row as EndpointRow);

function make(count: number, rules = RULES): { table: EndpointTable; ejections: Ejections; rows: EndpointRow[] } {
  const table = new EndpointTable(new SharedArrayBuffer(endpointTableBytes(count, 2)), 2);
  const rows = rowsOf(count);
  return { table, ejections: new Ejections(table, rules, rows), rows };
}

/** Fails an endpoint until it is ejected. */
function eject(ejections: Ejections, row: EndpointRow, now: number): void {
  for (let i = 0; i < RULES.failures; i++) ejections.onFailure(row, now);
}

describe('ejections', () => {
  it('come after so many failures in a row, none too old, and end by themselves', () => {
    const { ejections, rows } = make(2);
    const [row] = rows as [EndpointRow];
    ejections.onFailure(row, 0);
    ejections.onFailure(row, 1);
    ejections.onSuccess(row);
    ejections.onFailure(row, 2);
    ejections.onFailure(row, 3);
    assert.equal(ejections.isEjected(row, 3), false, 'a success came between');
    ejections.onFailure(row, 1500);
    ejections.onFailure(row, 1501);
    assert.equal(ejections.isEjected(row, 1501), false, 'the first two are too old');
    ejections.onFailure(row, 1502);
    assert.equal(ejections.isEjected(row, 1502), true);
    assert.equal(ejections.isEjected(row, 1601), true);
    assert.equal(ejections.isEjected(row, 1602), false);
  });

  it('last twice as long each time they follow soon, up to a limit, and begin anew after a good while', () => {
    const { ejections, rows, table } = make(2);
    const [row] = rows as [EndpointRow];
    let now = 0;
    const lengths = Array.from({ length: 16 }, () => {
      eject(ejections, row, now);
      const length = table.get(row, 'EJECTED_UNTIL') - now;
      now += length;
      return length;
    });
    assert.deepEqual(lengths.slice(0, 4), [100, 200, 400, 800]);
    assert.equal(lengths.at(-1), LONGEST_EJECTION);
    now += 2 * LONGEST_EJECTION + 1;
    eject(ejections, row, now);
    assert.equal(table.get(row, 'EJECTED_UNTIL') - now, 100);
  });

  it('never leave out more than their share of the endpoints', () => {
    const someFailures = fc.array(fc.tuple(fc.nat(9), fc.nat(30)), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(100), someFailures, (count, percent, failures) => {
        const { ejections, rows } = make(count, { ...RULES, maxEjected: percent / 100 });
        let now = 0;
        for (const [at, wait] of failures) {
          now += wait;
          ejections.onFailure(rows[at % count]!, now);
          const ejected = rows.filter((row) => ejections.isEjected(row, now)).length;
          assert.ok(ejected * 100 <= percent * count, `${ejected} of ${count} at ${percent}%`);
        }
      }),
    );
  });
});
