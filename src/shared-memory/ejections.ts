import type { EndpointRow } from '../brand.ts';
import type { PassiveHealth } from '../config/compiled-care.ts';
import { type EndpointTable, isAhead } from './endpoint-table.ts';

/** Ejections grow up to this, in milliseconds. */
export const LONGEST_EJECTION = 300_000;

/** An ejection counts as the same trouble again when it begins this many times its own length after the one before. */
const SOON = 2;

/**
 * Endpoints that failed the exchanges they were given, and are left out for a while: decided together by all acceptors.
 *
 *   in ── `failures` in a row ──► ejected ── its time is over ──► in, and one failure more ejects it no sooner than before
 */
export class Ejections {
  readonly #table: EndpointTable;
  readonly #rules: PassiveHealth;
  readonly #rows: readonly EndpointRow[];
  readonly #longest: number;

  /** @param rows those of the upstream's endpoints that have one */
  constructor(table: EndpointTable, rules: PassiveHealth, rows: readonly EndpointRow[]) {
    this.#table = table;
    this.#rules = rules;
    this.#rows = rows;
    this.#longest = Math.max(rules.ejectFor, LONGEST_EJECTION);
  }

  /** @param now whole milliseconds of the machine's monotonic clock, cut to 32 bits */
  isEjected(row: EndpointRow, now: number): boolean {
    const table = this.#table;
    if (table.get(row, 'EJECTED') === 0) return false;
    return isAhead(table.get(row, 'EJECTED_UNTIL'), now, this.#longest);
  }

  onSuccess(row: EndpointRow): void {
    // Read first: of a healthy endpoint no cache line is taken from anyone.
    if (this.#table.get(row, 'FAILURES') !== 0) this.#table.set(row, 'FAILURES', 0);
  }

  onFailure(row: EndpointRow, now: number): void {
    const table = this.#table;
    const { failures, within } = this.#rules;
    const begun = table.get(row, 'FAILURES') > 0 && isAhead(now + 1, table.get(row, 'FAILING_SINCE'), within);
    if (!begun) {
      table.set(row, 'FAILING_SINCE', now);
      table.set(row, 'FAILURES', 0);
    }
    const count = table.add(row, 'FAILURES', 1) + 1;
    if (count >= failures && !this.isEjected(row, now)) this.#eject(row, now);
  }

  #eject(row: EndpointRow, now: number): void {
    const table = this.#table;
    const { ejectFor, maxEjected } = this.#rules;
    const mayEject = Math.floor(maxEjected * this.#rows.length + 1e-9);
    const again = this.#againAt(row, now);
    // The time first: whoever sees the mark sees when it ends. Of two who eject at once one sets the mark and counts.
    const length = Math.min(ejectFor * 2 ** Math.min(again, 20), this.#longest);
    const wasMarked = this.isEjected(row, now);
    table.set(row, 'EJECTED_UNTIL', (now + length) | 0);
    table.set(row, 'EJECTED', 1);
    const ejected = this.#rows.filter((other) => this.isEjected(other, now)).length;
    if (ejected > mayEject) {
      // Looked at after the mark was set, so that two endpoints cannot both take the last place: both step back.
      table.set(row, 'EJECTED', 0);
      return;
    }
    if (wasMarked) return;
    table.set(row, 'EJECTED_AGAIN', again + 1);
    table.set(row, 'FAILURES', 0);
    table.add(row, 'EJECTIONS', 1);
  }

  /** How many ejections this one follows. */
  #againAt(row: EndpointRow, now: number): number {
    const again = this.#table.get(row, 'EJECTED_AGAIN');
    if (again === 0) return 0;
    const last = Math.min(this.#rules.ejectFor * 2 ** Math.min(again - 1, 20), this.#longest);
    return isAhead(now + 1, this.#table.get(row, 'EJECTED_UNTIL'), SOON * last) ? again : 0;
  }
}
