/** Asks the circuit of row 0, in the memory at descriptor 4, to be let through as often as it is told; says how often it was. */
import { mapMemory } from '../../../native-bindings/native.ts';
import type { EndpointRow, Millis } from '../../../src/brand.ts';
import { Circuits, NOT_ADMITTED } from '../../../src/shared-memory/circuit.ts';
import { EndpointTable } from '../../../src/shared-memory/endpoint-table.ts';

const [slot, probes, bytes] = process.argv.slice(2).map(Number) as [number, number, number];
const table = new EndpointTable(mapMemory(4, 0, bytes, true), 4, slot);
const circuits = new Circuits(table, {
  failures: 0.5,
  minRequests: 1,
  window: 1000 as Millis,
  openFor: 60_000 as Millis,
  halfOpenRequests: probes,
  statuses: [],
});

process.on('message', ({ now, times }: { now: number; times: number }) => {
  let admitted = 0;
  for (let i = 0; i < times; i++) if (circuits.admit(0 as EndpointRow, now) !== NOT_ADMITTED) admitted++;
  process.send!(admitted);
});
process.send!(0);
