import type { EndpointRow } from '../../brand.ts';
import type { CompiledUpstream } from '../../config/compiled.ts';
import type { StatusRanges } from '../../config/compiled-care.ts';
import type { ErrorCode } from '../../errors/table.ts';
import { ADMITTED, Circuits, NOT_ADMITTED } from '../../shared-memory/circuit.ts';
import { Ejections } from '../../shared-memory/ejections.ts';
import { type EndpointTable, NO_ROW } from '../../shared-memory/endpoint-table.ts';
import type { Load } from '../balancer/balancer.ts';
import { Lease } from './lease.ts';

/** Milliseconds of the machine's monotonic clock, cut to 32 bits. */
export type SharedClock = () => number;

/** What a group shares its endpoints' state with other acceptors by. */
export interface SharedState {
  readonly table: EndpointTable;
  readonly clock: SharedClock;
  readonly random: () => number;
}

/**
 * Which endpoints of an upstream may be given a request now, by what all acceptors and the supervisor have seen of them. An upstream
 * without health checks, circuits, limits and a balancer that goes by load has none.
 *
 *   candidates = all - unhealthy - ejected      none left: all of them after all, or upstream_unavailable
 *                    - circuit open             none left: upstream_circuit_open
 *                    - at their limit           none left: upstream_overloaded
 *                    - tried before             none left: these once more
 */
export class EndpointGuard implements Load {
  readonly #table: EndpointTable;
  readonly #clock: SharedClock;
  readonly #rows: readonly EndpointRow[];
  readonly #upstreamRow: EndpointRow;
  readonly #ejections: Ejections | null;
  readonly #circuits: Circuits | null;
  readonly #hasActive: boolean;
  readonly #refusesUnhealthy: boolean;
  readonly #limit: number;
  readonly #endpointLimit: number;
  readonly #passiveStatuses: StatusRanges;
  readonly #circuitStatuses: StatusRanges;
  readonly random: () => number;

  constructor({ endpoints, row, care }: CompiledUpstream, { table, clock, random }: SharedState) {
    this.#table = table;
    this.#clock = clock;
    this.random = random;
    this.#rows = endpoints.map((endpoint) => endpoint.row);
    this.#upstreamRow = row;
    const passive = care?.passive ?? null;
    const circuit = care?.circuit ?? null;
    const kept = this.#rows.filter((one) => one !== NO_ROW);
    this.#ejections = passive === null ? null : new Ejections(table, passive, kept);
    this.#circuits = circuit === null ? null : new Circuits(table, circuit);
    this.#hasActive = care !== null && care.active !== null;
    this.#refusesUnhealthy = care?.whenAllUnhealthy === 'refuse';
    this.#limit = care?.limits.inFlight || Number.POSITIVE_INFINITY;
    this.#endpointLimit = care?.limits.perEndpoint || Number.POSITIVE_INFINITY;
    this.#passiveStatuses = passive?.statuses ?? [];
    this.#circuitStatuses = circuit?.statuses ?? [];
  }

  /** Requests in flight at an endpoint, over all acceptors. */
  inFlight(endpoint: number): number {
    const row = this.#rows[endpoint]!;
    return row === NO_ROW ? 0 : this.#table.inFlight.count(row);
  }

  /** Whether no endpoint can be given a request without going against what is known of it. */
  get isDown(): boolean {
    const now = this.#clock();
    return this.#rows.every((row) => !this.#isHealthy(row, now) || !this.#isPassable(row, now));
  }

  /** @param tried endpoints that failed the exchange before: avoided while another may be chosen */
  choose(tried: ReadonlySet<number>): ReadonlySet<number> | ErrorCode {
    const now = this.#clock();
    const left = new Set<number>();
    this.#rows.forEach((row, index) => {
      if (!this.#isHealthy(row, now)) left.add(index);
    });
    if (left.size === this.#rows.length) {
      if (this.#refusesUnhealthy) return 'upstream_unavailable';
      left.clear();
    }
    this.#leaveOut(left, (row) => !this.#isPassable(row, now));
    if (left.size === this.#rows.length) return 'upstream_circuit_open';
    if (this.#endpointLimit !== Number.POSITIVE_INFINITY) {
      this.#leaveOut(left, (row) => row !== NO_ROW && this.#table.inFlight.count(row) >= this.#endpointLimit);
      if (left.size === this.#rows.length) return 'upstream_overloaded';
    }
    const untried = new Set([...left, ...tried]);
    return untried.size < this.#rows.length ? untried : left;
  }

  #leaveOut(left: Set<number>, isUnfit: (row: EndpointRow) => boolean): void {
    this.#rows.forEach((row, index) => {
      if (!left.has(index) && isUnfit(row)) left.add(index);
    });
  }

  #isHealthy(row: EndpointRow, now: number): boolean {
    if (row === NO_ROW) return true;
    if (this.#hasActive && this.#table.get(row, 'UNHEALTHY') !== 0) return false;
    return this.#ejections === null || !this.#ejections.isEjected(row, now);
  }

  #isPassable(row: EndpointRow, now: number): boolean {
    return row === NO_ROW || this.#circuits === null || this.#circuits.isPassable(row, now);
  }

  /**
   * Begins an attempt at an endpoint.
   *
   * @returns why not, when another was faster: of an endpoint that `choose` allowed, the caller tries the next one
   */
  enter(endpoint: number): Lease | ErrorCode {
    const row = this.#rows[endpoint]!;
    const { inFlight } = this.#table;
    const isCounted = this.#upstreamRow !== NO_ROW && this.#limit !== Number.POSITIVE_INFINITY;
    if (isCounted && !inFlight.enter(this.#upstreamRow, this.#limit)) return 'upstream_overloaded';
    if (row !== NO_ROW && !inFlight.enter(row, this.#endpointLimit)) {
      if (isCounted) inFlight.leave(this.#upstreamRow);
      return 'upstream_overloaded';
    }
    const round = row === NO_ROW || this.#circuits === null ? ADMITTED : this.#circuits.admit(row, this.#clock());
    if (round !== NOT_ADMITTED) return new Lease(this, endpoint, round);
    this.leave(endpoint, ADMITTED);
    return 'upstream_circuit_open';
  }

  /** @param round of a probe that came to nothing; ADMITTED: it was none, or has been judged */
  leave(endpoint: number, round: number): void {
    const row = this.#rows[endpoint]!;
    if (this.#upstreamRow !== NO_ROW && this.#limit !== Number.POSITIVE_INFINITY) {
      this.#table.inFlight.leave(this.#upstreamRow);
    }
    if (row === NO_ROW) return;
    this.#table.inFlight.leave(row);
    if (round !== ADMITTED) this.#circuits?.giveBack(row, round);
  }

  onStatus(endpoint: number, round: number, status: number): void {
    const row = this.#rows[endpoint]!;
    if (row === NO_ROW) return;
    if (this.#ejections !== null) {
      if (isAmong(this.#passiveStatuses, status)) this.#ejections.onFailure(row, this.#clock());
      else this.#ejections.onSuccess(row);
    }
    this.#judge(row, round, !isAmong(this.#circuitStatuses, status));
  }

  onFailure(endpoint: number, round: number): void {
    const row = this.#rows[endpoint]!;
    if (row === NO_ROW) return;
    this.#ejections?.onFailure(row, this.#clock());
    this.#judge(row, round, false);
  }

  #judge(row: EndpointRow, round: number, isSuccess: boolean): void {
    if (this.#circuits === null) return;
    if (round === ADMITTED) this.#circuits.record(row, isSuccess, this.#clock());
    else this.#circuits.onProbe(row, round, isSuccess, this.#clock());
  }
}

/** Whether an upstream has anything to share. */
export function wantsGuard({ care, balance }: CompiledUpstream): boolean {
  return care !== null || balance === 'leastRequests' || balance === 'randomTwo';
}

function isAmong(ranges: StatusRanges, status: number): boolean {
  for (const [first, last] of ranges) if (status >= first && status <= last) return true;
  return false;
}
