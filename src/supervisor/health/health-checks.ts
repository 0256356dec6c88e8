import type { CompiledEndpoint, CompiledUpstream } from '../../config/compiled.ts';
import { IdentityBook } from '../../identities.ts';
import { type EndpointTable, NO_ROW } from '../../shared-memory/endpoint-table.ts';
import { type AskedTls, askEndpoint, type CheckResult } from './ask-endpoint.ts';
import { Thresholds } from './thresholds.ts';

/** Checks under way at one time: hundreds of endpoints are asked one after the other rather than all at once. */
const MOST_AT_ONCE = 64;

/** The first check of an endpoint comes within this, in milliseconds; later ones within a tenth of their time, early or late. */
const FIRST_WITHIN_MS = 250;
const JITTER = 0.1;

/** What the supervisor is told: an endpoint is another than it was. */
export type OnHealthChange = (upstream: string, endpoint: string, isHealthy: boolean, why: string) => void;

/**
 * The active health checks of all upstreams: run once, here, for all acceptors, which read the outcome in the endpoint table.
 *
 *   update(upstreams) ─► one Check an endpoint ─► timer ─► a turn among MOST_AT_ONCE ─► ask ─► Thresholds ─► UNHEALTHY
 *                             ▲                                                            │
 *                             └────────────────────── again after `every` ─────────────────┘
 */
export class HealthChecks {
  readonly #table: EndpointTable;
  readonly #identities: IdentityBook;
  readonly #onChange: OnHealthChange;
  readonly #random: () => number;
  readonly #checks = new Map<string, Check>();
  readonly #turns = new Turns(MOST_AT_ONCE);

  constructor(
    table: EndpointTable,
    onChange: OnHealthChange,
    random: () => number = Math.random,
    identities = new IdentityBook(),
  ) {
    this.#identities = identities;
    this.#table = table;
    this.#onChange = onChange;
    this.#random = random;
  }

  /** Checks these upstreams from now on. What did not change goes on as it is; what is not checked any more counts as healthy. */
  update(upstreams: readonly CompiledUpstream[]): void {
    const wanted = new Map<string, () => Check>();
    for (const upstream of upstreams) {
      if (upstream.care?.active == null) continue;
      const { name, tls, care } = upstream;
      for (const endpoint of upstream.endpoints) {
        if (endpoint.row === NO_ROW) continue;
        const { weight: _, ...target } = endpoint;
        wanted.set(JSON.stringify([name, target, tls, care.active]), () => this.#start(upstream, endpoint));
      }
    }
    const keptRows = new Set(
      upstreams.flatMap(({ care, endpoints }) => (care?.active == null ? [] : endpoints)).map(({ row }) => row),
    );
    for (const [key, check] of this.#checks) {
      if (wanted.has(key)) continue;
      check.stop();
      this.#checks.delete(key);
      if (!keptRows.has(check.endpoint.row)) this.#table.set(check.endpoint.row, 'UNHEALTHY', 0);
    }
    for (const [key, start] of wanted) if (!this.#checks.has(key)) this.#checks.set(key, start());
  }

  #start(upstream: CompiledUpstream, endpoint: CompiledEndpoint): Check {
    const rules = upstream.care!.active!;
    const thresholds = new Thresholds(rules, this.#table.get(endpoint.row, 'UNHEALTHY') === 0);
    return new Check(endpoint, {
      firstWaitMs: this.#random() * Math.min(rules.every, FIRST_WITHIN_MS),
      waitMs: () => rules.every * (1 - JITTER + 2 * JITTER * this.#random()),
      ask: (signal) => this.#turns.take(() => askEndpoint(endpoint, this.#tlsOf(upstream), rules, signal)),
      onResult: (result) => {
        if (!thresholds.add(result === null)) return;
        this.#table.set(endpoint.row, 'UNHEALTHY', thresholds.isHealthy ? 0 : 1);
        this.#onChange(upstream.name, endpoint.name, thresholds.isHealthy, result ?? 'it answers as expected');
      },
    });
  }

  /** With the identity of this moment: a new one is no reason to begin the checks anew. */
  #tlsOf({ tls }: CompiledUpstream): AskedTls | null {
    if (tls === null) return null;
    return { ...tls, identity: tls.identity === null ? null : this.#identities.get(tls.identity) };
  }

  stop(): void {
    for (const check of this.#checks.values()) check.stop();
    this.#checks.clear();
  }
}

interface CheckParts {
  readonly firstWaitMs: number;
  waitMs(): number;
  ask(signal: AbortSignal): Promise<CheckResult>;
  onResult(result: CheckResult): void;
}

/** The checks of one endpoint, one after the other. */
class Check {
  readonly endpoint: CompiledEndpoint;
  readonly #parts: CheckParts;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout;

  constructor(endpoint: CompiledEndpoint, parts: CheckParts) {
    this.endpoint = endpoint;
    this.#parts = parts;
    this.#timer = setTimeout(() => void this.#run(), parts.firstWaitMs);
  }

  async #run(): Promise<void> {
    const result = await this.#parts.ask(this.#stopped.signal);
    if (this.#stopped.signal.aborted) return;
    this.#parts.onResult(result);
    this.#timer = setTimeout(() => void this.#run(), this.#parts.waitMs());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }
}

/** Lets so many tasks run at one time; the others wait in the order they came. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** @param task must not reject */
  async take<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const result = await task();
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
    return result;
  }
}
