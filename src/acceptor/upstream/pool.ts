import type { ErrorCode } from '../../errors/table.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { SocketTarget } from './open-socket.ts';
import { WaitList, type WaitTicket } from './wait-list.ts';

/** Taken off what the upstream says it keeps idle connections for, so that ours goes first. */
const IDLE_HINT_MARGIN_MS = 1000;

export interface PoolLimits {
  /** Connections at most, those being made included. */
  readonly perEndpoint: number;
  readonly idleTimeout: number;
  readonly connectTimeout: number;
}

/** The upstream that a pool belongs to: its queue may use what no waiter of the pool's own wants. */
export interface PoolOwner {
  /** Milliseconds; never goes back. */
  readonly clock: () => number;
  /** A connection is free. True: it was given away. */
  takeConnection(connection: Connection): boolean;
  /** A connection was lost, so that another may be made. */
  onRoom(pool: EndpointPool): void;
}

/**
 * The connections to one endpoint.
 *
 *   acquire: idle one at hand? -> it (the last one used: LIFO keeps the warm ones warm and lets the rest expire)
 *            room? -> connect, and wait in `#pending`
 *
 * A connection that becomes free, new or used, goes to the oldest pending waiter, then to the upstream's queue, then to the
 * idle list. A connect attempt therefore belongs to nobody in particular: when it fails, the oldest waiter that no other
 * attempt covers hears of it.
 */
export class EndpointPool implements ConnectionOwner {
  readonly #target: SocketTarget;
  readonly #index: number;
  readonly #limits: PoolLimits;
  readonly #owner: PoolOwner;
  /** Longest idle first. */
  readonly #idle: Connection[] = [];
  /** Connect attempts under way with their start, oldest first. */
  readonly #connecting = new Map<Connection, number>();
  readonly #pending = new WaitList();
  #open = 0;
  #closing = false;
  /** Time of the last sweep: near enough for idle connections, and free. */
  #now: number;

  constructor(target: SocketTarget, index: number, limits: PoolLimits, owner: PoolOwner) {
    this.#target = target;
    this.#index = index;
    this.#limits = limits;
    this.#owner = owner;
    this.#now = owner.clock();
  }

  /** Connections that are made, busy or idle. */
  get openConnections(): number {
    return this.#open;
  }

  get pending(): number {
    return this.#pending.length;
  }

  get hasRoom(): boolean {
    return this.#open + this.#connecting.size < this.#limits.perEndpoint;
  }

  /** Whether an exchange can be served now or by a connect attempt. */
  get isSaturated(): boolean {
    return this.#idle.length === 0 && !this.hasRoom;
  }

  /** The connection used last, or null. It is the caller's until it is released. */
  takeIdle(): Connection | null {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      if (connection.isIdle) return connection;
      connection.destroy();
    }
  }

  /** Starts a connect attempt for a ticket; the caller saw that there is room or an idle connection to give up. */
  connectFor(ticket: WaitTicket): void {
    this.#pending.push(ticket);
    if (!this.hasRoom) this.#idle[0]?.destroy();
    // The room may have gone to one who waited longer; this ticket then has the next connection that is free.
    if (this.hasRoom) this.#connect();
  }

  #connect(): void {
    this.#connecting.set(new Connection(this.#target, this.#index, this), this.#owner.clock());
  }

  onConnected(connection: Connection): void {
    this.#connecting.delete(connection);
    this.#open++;
    this.#offer(connection);
  }

  onConnectFailed(connection: Connection, code: ErrorCode): void {
    this.#connecting.delete(connection);
    const uncovered = this.#pending.length > this.#connecting.size ? this.#pending.shift() : null;
    this.#owner.onRoom(this);
    uncovered?.fail(code, this.#index);
  }

  onReleased(connection: Connection): void {
    this.#offer(connection);
  }

  onClosed(connection: Connection): void {
    this.#open--;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#owner.onRoom(this);
  }

  #offer(connection: Connection): void {
    const ticket = this.#pending.shift();
    if (ticket !== null) ticket.serve(connection);
    else if (!this.#owner.takeConnection(connection)) this.#keep(connection);
  }

  #keep(connection: Connection): void {
    if (this.#closing || idleLimitMs(connection, this.#limits.idleTimeout) <= 0) {
      connection.destroy();
      return;
    }
    connection.idleSince = this.#now;
    this.#idle.push(connection);
  }

  /** Enforces the connect and the idle timeout. */
  sweep(): void {
    const now = this.#owner.clock();
    this.#now = now;
    for (const [connection, since] of this.#connecting) {
      if (now - since < this.#limits.connectTimeout) break;
      connection.timeOutConnect();
    }
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      const connection = this.#idle[i];
      if (now - connection.idleSince >= idleLimitMs(connection, this.#limits.idleTimeout)) connection.destroy();
    }
  }

  /** Closes what is idle now and everything else once it is free. Waiters are still served. */
  close(): void {
    this.#closing = true;
    for (const connection of this.#idle.slice()) connection.destroy();
  }
}

function idleLimitMs(connection: Connection, configured: number): number {
  const hint = connection.idleHintMs;
  return hint < 0 ? configured : Math.min(configured, hint - IDLE_HINT_MARGIN_MS);
}
