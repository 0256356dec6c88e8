import { admitHead } from '../decision/admit-head.ts';
import { resolveForwarded } from '../decision/forwarded.ts';
import type { ErrorCode } from '../errors/table.ts';
import type { ExchangeState } from './exchange-state.ts';

/**
 * Turns a request head into facts: one spelling for host and path, the client's address as far as it can be trusted, an
 * id. Everything after this works on the facts alone.
 *
 * @returns why the request is refused, or null
 */
export function admit(exchange: ExchangeState): ErrorCode | null {
  const { acceptor, downstream, forwarded } = exchange;
  const { head, listener } = downstream;
  const isTrusted = resolveForwarded(head, listener.trustedProxies, forwarded);
  exchange.clientIp = forwarded.clientIp;
  exchange.requestId = isTrusted ? acceptor.requestIds.adopt(head.requestId) : acceptor.requestIds.next();
  return admitHead(head, listener.config.path, acceptor.viaPseudonym, exchange);
}
