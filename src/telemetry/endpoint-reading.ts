/** What the shared memory says of the endpoints of upstreams, for whoever shows it. */
import type { CompiledUpstream } from '../config/compiled.ts';
import { type CircuitState, circuitStateOf } from '../shared-memory/circuit.ts';
import { LONGEST_EJECTION } from '../shared-memory/ejections.ts';
import { type EndpointTable, isAhead, NO_ROW } from '../shared-memory/endpoint-table.ts';

export interface EndpointReading {
  readonly upstream: string;
  /** As in the config: `http://host:port`. */
  readonly endpoint: string;
  /** What the active health checks say; true where there are none. */
  readonly healthy: boolean;
  /** Left out for a while because exchanges with it failed. */
  readonly ejected: boolean;
  readonly circuit: CircuitState;
  readonly inFlight: number;
  /** Since the gateway started. */
  readonly ejections: number;
  readonly circuitOpened: number;
}

export interface RefusedRetries {
  readonly upstream: string;
  readonly refused: number;
}

/** Every endpoint whose state is kept, in the order of the config. @param now the shared clock's milliseconds */
export function readEndpoints(
  table: EndpointTable,
  upstreams: readonly CompiledUpstream[],
  now: number,
): EndpointReading[] {
  return upstreams.flatMap((upstream) =>
    upstream.endpoints.flatMap(({ name, row }): EndpointReading[] => {
      if (row === NO_ROW) return [];
      const longest = Math.max(upstream.care?.passive?.ejectFor ?? 0, LONGEST_EJECTION);
      return [
        {
          upstream: upstream.name,
          endpoint: name,
          healthy: table.get(row, 'UNHEALTHY') === 0,
          ejected: table.get(row, 'EJECTED') !== 0 && isAhead(table.get(row, 'EJECTED_UNTIL'), now, longest),
          circuit: upstream.care?.circuit == null ? 'closed' : circuitStateOf(table.get(row, 'CIRCUIT')),
          inFlight: table.inFlight.count(row),
          ejections: table.get(row, 'EJECTIONS'),
          circuitOpened: table.get(row, 'OPENED'),
        },
      ];
    }),
  );
}

/** How many retries were not made for want of budget, by upstream. */
export function readRefusedRetries(table: EndpointTable, upstreams: readonly CompiledUpstream[]): RefusedRetries[] {
  return upstreams.flatMap(({ name, row }) =>
    row === NO_ROW ? [] : [{ upstream: name, refused: table.get(row, 'RETRIES_REFUSED') }],
  );
}
