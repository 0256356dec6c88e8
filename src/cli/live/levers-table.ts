import { describeLever } from '../../supervisor/levers/describe-lever.ts';
import type { PulledLever } from '../../supervisor/levers/pulled-lever.ts';
import { column, table } from '../text-table.ts';

const COLUMNS = [
  column<PulledLever>('lever', false, ({ id }) => id),
  column<PulledLever>('what', false, ({ lever }) => describeLever(lever)),
  column<PulledLever>('since', false, ({ at }) => secondsOf(at)),
  column<PulledLever>('until', false, ({ until }) => (until === null ? 'released' : secondsOf(until))),
  column<PulledLever>('by', false, ({ who }) => who ?? 'an operator'),
  column<PulledLever>('why', false, ({ why }) => why),
];

/** A lever a line. */
export function leversTable(levers: readonly PulledLever[]): string {
  return table(COLUMNS, levers);
}

function secondsOf(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')}Z`;
}
