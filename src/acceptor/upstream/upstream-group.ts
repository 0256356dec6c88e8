import type { SeriesId } from '../../brand.ts';
import type { CompiledUpstream } from '../../config/compiled.ts';
import { type KeyedRequest, requestKey } from '../../decision/request-key.ts';
import type { ErrorCode } from '../../errors/table.ts';
import type { Identity } from '../../identities.ts';
import { NO_ROW } from '../../shared-memory/endpoint-table.ts';
import type { Balancer } from '../balancer/balancer.ts';
import { createBalancer } from '../balancer/registry.ts';
import type { Connection } from './connection.ts';
import { EndpointGuard, type SharedState, wantsGuard } from './endpoint-guard.ts';
import type { Lease } from './lease.ts';
import { socketTarget } from './open-socket.ts';
import { EndpointPool, type PoolOwner } from './pool.ts';
import { RetryBudget } from './retry-budget.ts';
import type { ConnectionWaiter, PendingConnection } from './upstream.ts';
import { WaitList, WaitTicket } from './wait-list.ts';

const IDLE = { inFlight: () => 0 } as const;

/** What `acquire` is told about endpoints that failed the exchange before: for a first attempt, none. */
export const NONE_TRIED: ReadonlySet<number> = new Set();

/**
 * One upstream as an acceptor uses it: a balancer over the pools of its endpoints, and the queue of those who found all of
 * them full.
 *
 *   acquire -> balancer.pick -> pool has an idle connection -> handed over at once
 *                            -> pool has room               -> connect attempt of that endpoint
 *                            -> pool is full                -> pick again without it
 *              all are full                                 -> queue, served by the first endpoint that frees up
 *              the queue is full                            -> upstream_queue_full
 *
 * The queue is one for all endpoints, oldest first; who was failed by an endpoint before is passed over when that endpoint
 * frees up, unless it has tried them all.
 */
export class UpstreamGroup implements PoolOwner {
  readonly upstream: CompiledUpstream;
  readonly clock: () => number;
  readonly #balancer: Balancer;
  readonly #pools: readonly EndpointPool[];
  readonly #queue = new WaitList();
  /** Null: what other acceptors see of the endpoints changes nothing. */
  readonly #guard: EndpointGuard | null;
  readonly #shared: SharedState;
  #retryBudget: RetryBudget | null = null;

  /**
   * @param clock milliseconds that never go back, such as `performance.now()`
   * @param shared what the group has in common with those of other acceptors
   * @param identity what endpoints that ask are shown
   */
  constructor(upstream: CompiledUpstream, clock: () => number, shared: SharedState, identity: Identity | null = null) {
    this.upstream = upstream;
    this.clock = clock;
    this.#shared = shared;
    this.#guard = wantsGuard(upstream) ? new EndpointGuard(upstream, shared) : null;
    this.#balancer = createBalancer(upstream.balance, upstream.endpoints, this.#guard ?? { ...IDLE, ...shared });
    this.#pools = upstream.endpoints.map(
      (endpoint, index) =>
        new EndpointPool(socketTarget(endpoint, upstream.tls, identity), index, upstream.connections, this),
    );
  }

  /** Connections that are made, busy or idle, to all endpoints. */
  get name(): string {
    return this.upstream.name;
  }

  get series(): SeriesId {
    return this.upstream.series;
  }

  get openConnections(): number {
    return this.#pools.reduce((sum, pool) => sum + pool.openConnections, 0);
  }

  /** Exchanges that wait for a connection to be made or to become free. */
  get waiting(): number {
    return this.#pools.reduce((sum, pool) => sum + pool.pending, this.#queue.length);
  }

  /**
   * Finds a connection for one attempt.
   *
   * @param tried indexes of endpoints that failed this exchange before: avoided while another is left
   * @param fresh true: a new connection, after an idle one turned out to be dead (one that was busy until now will do, too)
   * @param key what balancing goes by when it goes by a key: see `keyFor`
   * @returns null when an idle connection was at hand and `onConnection` was called already, else what cancels the waiting
   */
  acquire(
    tried: ReadonlySet<number>,
    fresh: boolean,
    waiter: ConnectionWaiter,
    key: string | null = null,
  ): PendingConnection | null {
    if (this.#guard !== null) return this.#acquireGuarded(this.#guard, tried, fresh, waiter, key);
    const avoided = tried.size >= this.#pools.length ? NONE_TRIED : tried;
    const pool = this.#choosePool(avoided, key);
    if (pool !== null && !fresh) {
      const connection = pool.takeIdle();
      if (connection !== null) {
        waiter.onConnection(connection);
        return null;
      }
    }
    const ticket = new WaitTicket(waiter, avoided, this.clock());
    if (pool !== null) pool.connectFor(ticket);
    else if (this.#queue.length < this.upstream.connections.queue) this.#queue.push(ticket);
    else this.#refuse(ticket, 'upstream_queue_full');
    return ticket;
  }

  /** The same by what is shared: only endpoints that may have a request, each attempt counted from its choice to its end. */
  #acquireGuarded(
    guard: EndpointGuard,
    tried: ReadonlySet<number>,
    fresh: boolean,
    waiter: ConnectionWaiter,
    key: string | null,
  ): PendingConnection | null {
    let choice = guard.choose(tried);
    let refusal: ErrorCode = 'upstream_queue_full';
    while (typeof choice !== 'string' && choice.size < this.#pools.length) {
      const pool = this.#choosePool(choice, key);
      if (pool === null) break;
      const index = this.#pools.indexOf(pool);
      const lease = guard.enter(index);
      if (typeof lease !== 'string') return this.#serve(pool, lease, choice, fresh, waiter);
      refusal = lease;
      choice = new Set(choice).add(index);
    }
    const isRefused = typeof choice === 'string' || choice.size >= this.#pools.length;
    const ticket = new WaitTicket(waiter, typeof choice === 'string' ? NONE_TRIED : choice, this.clock());
    if (typeof choice === 'string') refusal = choice;
    if (!isRefused && this.#queue.length < this.upstream.connections.queue) this.#queue.push(ticket);
    else this.#refuse(ticket, refusal);
    return ticket;
  }

  #serve(
    pool: EndpointPool,
    lease: Lease,
    avoided: ReadonlySet<number>,
    fresh: boolean,
    waiter: ConnectionWaiter,
  ): PendingConnection | null {
    const ticket = new WaitTicket(waiter, avoided, this.clock());
    ticket.lease = lease;
    const connection = fresh ? null : pool.takeIdle();
    if (connection === null) pool.connectFor(ticket);
    else {
      ticket.serve(connection);
      return null;
    }
    return ticket;
  }

  /** Whether no endpoint is fit for a request, so that another upstream had better take it. */
  get isDown(): boolean {
    return this.#guard?.isDown ?? false;
  }

  /** What balancing goes by for this request; null: nothing, or the request has none. */
  keyFor(request: KeyedRequest): string | null {
    const { hashBy } = this.upstream;
    return hashBy === null ? null : requestKey(hashBy, request);
  }

  /** Counted from the first request of a route with a budget on. */
  get retryBudget(): RetryBudget {
    this.#retryBudget ??= new RetryBudget(this.clock);
    return this.#retryBudget;
  }

  /** A retry was not made because the budget is spent. */
  countRefusedRetry(): void {
    const { row } = this.upstream;
    if (row !== NO_ROW) this.#shared.table.add(row, 'RETRIES_REFUSED', 1);
  }

  /** The balancer's choice, or when that endpoint is full its next one; null when all are full. */
  #choosePool(avoided: ReadonlySet<number>, key: string | null): EndpointPool | null {
    const first = this.#pools[this.#balancer.pick(avoided, key)];
    if (!first.isSaturated) return first;
    const excluded = new Set(avoided);
    this.#pools.forEach((pool, index) => {
      if (pool.isSaturated) excluded.add(index);
    });
    const index = this.#balancer.pick(excluded, key);
    return index < 0 ? null : this.#pools[index];
  }

  /** Later in this turn of the loop, so that no waiter is called from inside `acquire`, and unless it is cancelled before. */
  #refuse(ticket: WaitTicket, code: ErrorCode): void {
    const refused = new WaitList();
    refused.push(ticket);
    process.nextTick(reportRefusal, refused, code);
  }

  takeConnection(connection: Connection): boolean {
    const ticket = this.#oldestFor(connection.endpointIndex);
    if (ticket === null || !this.#enter(ticket, connection.endpointIndex)) return false;
    this.#queue.remove(ticket);
    ticket.serve(connection);
    return true;
  }

  onRoom(pool: EndpointPool): void {
    if (this.#queue.length === 0 || !pool.hasRoom) return;
    const index = this.#pools.indexOf(pool);
    const ticket = this.#oldestFor(index);
    if (ticket === null || !this.#enter(ticket, index)) return;
    this.#queue.remove(ticket);
    pool.connectFor(ticket);
  }

  /** Begins the attempt of one who has waited. False: the endpoint may not have it now. */
  #enter(ticket: WaitTicket, endpointIndex: number): boolean {
    if (this.#guard === null) return true;
    const lease = this.#guard.enter(endpointIndex);
    if (typeof lease === 'string') return false;
    ticket.lease = lease;
    return true;
  }

  #oldestFor(endpointIndex: number): WaitTicket | null {
    let ticket = this.#queue.oldest;
    while (ticket?.tried.has(endpointIndex)) ticket = ticket.next;
    return ticket;
  }

  /** Enforces connect, idle and queue timeouts. To be called every 100 ms or so; whoever calls it sets the grain. */
  sweep(): void {
    for (const pool of this.#pools) pool.sweep();
    const now = this.clock();
    while (this.#queue.oldest !== null && now - this.#queue.oldest.since >= this.upstream.connections.queueTimeout) {
      this.#queue.shift()!.waiter.onNoConnection('upstream_queue_timeout', -1);
    }
  }

  /** Closes idle connections now and busy ones when their exchange ends. Exchanges that still come are served. */
  close(): void {
    for (const pool of this.#pools) pool.close();
  }
}

function reportRefusal(refused: WaitList, code: ErrorCode): void {
  refused.shift()?.waiter.onNoConnection(code, -1);
}
