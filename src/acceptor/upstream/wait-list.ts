import type { ErrorCode } from '../../errors/table.ts';
import type { Connection } from './connection.ts';
import type { Lease } from './lease.ts';
import type { ConnectionWaiter } from './upstream.ts';

/** An exchange that waits for a connection. */
export class WaitTicket {
  readonly waiter: ConnectionWaiter;
  /** Endpoints it must not be given; they have failed it before. */
  readonly tried: ReadonlySet<number>;
  /** On the upstream's clock, in milliseconds. */
  readonly since: number;
  /** The attempt it was given, where attempts are counted. */
  lease: Lease | null = null;
  /** The list it stands in; null once it was served, refused or cancelled. */
  list: WaitList | null = null;
  previous: WaitTicket | null = null;
  next: WaitTicket | null = null;

  constructor(waiter: ConnectionWaiter, tried: ReadonlySet<number>, since: number) {
    this.waiter = waiter;
    this.tried = tried;
    this.since = since;
  }

  /** Stops waiting: the waiter hears nothing more. Idempotent. */
  cancel(): void {
    this.list?.remove(this);
    this.lease?.end();
    this.lease = null;
  }

  /** Hands over a connection; the attempt goes on with it. */
  serve(connection: Connection): void {
    connection.lease = this.lease;
    this.lease = null;
    this.waiter.onConnection(connection);
  }

  /** No connection can be had. */
  fail(code: ErrorCode, endpointIndex: number): void {
    this.lease?.fail(code);
    this.lease = null;
    this.waiter.onNoConnection(code, endpointIndex);
  }
}

/**
 * Tickets in the order they came, doubly linked so that any of them leaves in constant time:
 *
 *   oldest -> next -> ... -> newest
 */
export class WaitList {
  oldest: WaitTicket | null = null;
  #newest: WaitTicket | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(ticket: WaitTicket): void {
    ticket.list = this;
    ticket.previous = this.#newest;
    ticket.next = null;
    if (this.#newest === null) this.oldest = ticket;
    else this.#newest.next = ticket;
    this.#newest = ticket;
    this.#length++;
  }

  remove(ticket: WaitTicket): void {
    if (ticket.previous === null) this.oldest = ticket.next;
    else ticket.previous.next = ticket.next;
    if (ticket.next === null) this.#newest = ticket.previous;
    else ticket.next.previous = ticket.previous;
    ticket.list = null;
    ticket.previous = null;
    ticket.next = null;
    this.#length--;
  }

  /** Takes the oldest ticket out; null when nobody waits. */
  shift(): WaitTicket | null {
    const ticket = this.oldest;
    if (ticket !== null) this.remove(ticket);
    return ticket;
  }
}
