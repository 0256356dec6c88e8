import type { SeriesId } from '../../brand.ts';
import type { CompiledUpstream } from '../../config/compiled.ts';
import type { ErrorCode } from '../../errors/table.ts';
import type { Balancer } from '../balancer/balancer.ts';
import { createBalancer } from '../balancer/registry.ts';
import type { Connection } from './connection.ts';
import { socketTarget } from './open-socket.ts';
import { EndpointPool, type PoolOwner } from './pool.ts';
import type { ConnectionWaiter, PendingConnection } from './upstream.ts';
import { WaitList, WaitTicket } from './wait-list.ts';

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

  /** @param clock milliseconds that never go back, such as `performance.now()` */
  constructor(upstream: CompiledUpstream, clock: () => number) {
    this.upstream = upstream;
    this.clock = clock;
    this.#balancer = createBalancer(
      upstream.balance,
      upstream.endpoints.map((endpoint) => endpoint.weight),
    );
    this.#pools = upstream.endpoints.map(
      (endpoint, index) => new EndpointPool(socketTarget(endpoint, upstream.tls), index, upstream.connections, this),
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
   * @returns null when an idle connection was at hand and `onConnection` was called already, else what cancels the waiting
   */
  acquire(tried: ReadonlySet<number>, fresh: boolean, waiter: ConnectionWaiter): PendingConnection | null {
    const avoided = tried.size >= this.#pools.length ? NONE_TRIED : tried;
    const pool = this.#choosePool(avoided);
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
    else this.#refuse(ticket);
    return ticket;
  }

  /** The balancer's choice, or when that endpoint is full its next one; null when all are full. */
  #choosePool(avoided: ReadonlySet<number>): EndpointPool | null {
    const first = this.#pools[this.#balancer.pick(avoided)];
    if (!first.isSaturated) return first;
    const excluded = new Set(avoided);
    this.#pools.forEach((pool, index) => {
      if (pool.isSaturated) excluded.add(index);
    });
    const index = this.#balancer.pick(excluded);
    return index < 0 ? null : this.#pools[index];
  }

  /** Later in this turn of the loop, so that no waiter is called from inside `acquire`, and unless it is cancelled before. */
  #refuse(ticket: WaitTicket): void {
    const refused = new WaitList();
    refused.push(ticket);
    process.nextTick(reportFull, refused);
  }

  takeConnection(connection: Connection): boolean {
    const ticket = this.#oldestFor(connection.endpointIndex);
    if (ticket === null) return false;
    this.#queue.remove(ticket);
    ticket.waiter.onConnection(connection);
    return true;
  }

  onRoom(pool: EndpointPool): void {
    const ticket = this.#queue.length === 0 ? null : this.#oldestFor(this.#pools.indexOf(pool));
    if (ticket === null || !pool.hasRoom) return;
    this.#queue.remove(ticket);
    pool.connectFor(ticket);
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

function reportFull(refused: WaitList): void {
  refused.shift()?.waiter.onNoConnection('upstream_queue_full' satisfies ErrorCode, -1);
}
