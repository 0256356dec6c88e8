import { connectionKey } from '../../../../native-bindings/native.ts';
import type { HttpResponse } from '../../../../native-bindings/uws-types.ts';
import { formatAddress } from '../../../decision/ip-address.ts';

/**
 * Addresses of the peers of open connections. uWS would ask the kernel for the address with each request: a fifth system
 * call where four are needed, and an ArrayBuffer each (DECISIONS, 24).
 */
export class PeerAddresses {
  readonly #byConnection = new Map<number, string>();

  /** A connection was opened (1) or closed (-1), as uWS's `filter` tells. Opening always comes before the first request. */
  onConnection(res: HttpResponse, change: 1 | -1): void {
    const key = connectionKey(res);
    if (change === -1) this.#byConnection.delete(key);
    else if (key !== 0) this.#byConnection.set(key, formatAddress(res.getRemoteAddress()));
  }

  /** The address of a request's peer, in its one spelling; empty for a unix socket. */
  of(res: HttpResponse): string {
    return this.#byConnection.get(connectionKey(res)) ?? formatAddress(res.getRemoteAddress());
  }
}
