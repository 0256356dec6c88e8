import type { CompiledConfig } from '../../config/compile.ts';
import type { RecordedExchange } from '../../recording/recorded-exchange.ts';
import { SharedRateLimits } from '../../shared-memory/rate-limiter.ts';
import { bucketBytes, bucketEvictions } from '../../shared-memory/token-buckets.ts';
import type { DryExchange } from '../dry-gateway/dry-exchange.ts';
import { DryGateway, type DryListener } from '../dry-gateway/dry-gateway.ts';
import { type Decided, decidedOf } from './decided.ts';
import { HeldPlaces } from './held-places.ts';
import { LimitWatch } from './limit-watch.ts';
import type { ReplayClock } from './replay-clock.ts';
import { type Replayable, ReplayedRequest } from './replayed-request.ts';
import { type IsPseudonym, standIns } from './stand-ins.ts';
import { unknownFacts } from './unknown-facts.ts';

const NO_BYTES = Buffer.alloc(0);
const NO_PORT = -1;

/** One config in a replay: a gateway without sockets, with counters of its own that go by the recording's time. */
export class ReplaySide {
  readonly request = new ReplayedRequest();
  readonly limits: LimitWatch;
  readonly #gateway: DryGateway;
  readonly #places: HeldPlaces;
  readonly #buckets: SharedArrayBuffer;
  readonly #listeners = new Map<string, DryListener>();

  /**
   * @param buckets keys that rate limits are kept of at one time: as many as the config's gateway has
   * @throws RangeError as DryGateway does
   */
  constructor(compiled: CompiledConfig, clock: ReplayClock, buckets: number, isPseudonym: IsPseudonym) {
    const { request } = this;
    this.#places = new HeldPlaces(clock);
    this.limits = new LimitWatch(clock, this.#places);
    this.#buckets = new SharedArrayBuffer(bucketBytes(buckets));
    const unknown = unknownFacts(request);
    const identity = standIns(request, compiled.globals.consumers, isPseudonym);
    this.#gateway = new DryGateway(compiled, clock.wall(), {
      host: {
        clock,
        random: () => request.chance,
        rateLimits: new SharedRateLimits(this.#buckets),
        flights: this.#places,
      },
      adapt: (policy, compiledPolicy, host) => {
        const watched = this.limits.adapt(policy, compiledPolicy, host);
        return identity(unknown(watched, compiledPolicy, host), compiledPolicy, host);
      },
    });
  }

  /** A promise only where a policy waits for something that takes time. */
  decide(replayable: Replayable): Decided | Promise<Decided> {
    const { exchange, head, body } = replayable;
    this.request.begin(replayable);
    const listener = this.#listenerOf(exchange);
    const from = { peer: exchange.client ?? '', scheme: exchange.scheme ?? 'http' } as const;
    const decided = this.#gateway.decideHead(head, listener, from, body ?? NO_BYTES);
    return decided instanceof Promise
      ? decided.then((late) => this.#settle(late, exchange))
      : this.#settle(decided, exchange);
  }

  /** Keys whose bucket went to another one, because the table is full: their limits began anew. */
  get evictions(): number {
    return bucketEvictions(this.#buckets);
  }

  #settle(exchange: DryExchange, { upstreamMs }: RecordedExchange): Decided {
    this.#places.settle(exchange.outcome!.kind === 'forward' ? (upstreamMs ?? 0) : 0);
    this.limits.noteOutcome(exchange);
    return decidedOf(exchange);
  }

  #listenerOf({ scheme, host }: RecordedExchange): DryListener {
    const colon = host.lastIndexOf(':');
    const port = colon === -1 || host.endsWith(']') ? NO_PORT : Number(host.slice(colon + 1));
    const key = `${scheme ?? 'http'} ${port}`;
    let listener = this.#listeners.get(key);
    if (listener === undefined) {
      const authority = port === NO_PORT ? '' : `:${port}`;
      listener = this.#gateway.listenerFor({ listener: null }, { scheme: scheme ?? 'http', authority })!;
      // Ports are what clients write: only so many are remembered.
      if (this.#listeners.size < 1000) this.#listeners.set(key, listener);
    }
    return listener;
  }
}
