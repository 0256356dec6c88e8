import { normaliseHost } from '../decision/normalise-host.ts';
import { normalisePath } from '../decision/normalise-path.ts';
import type { ErrorCode } from '../errors/table.ts';
import type { ExchangeState } from './exchange-state.ts';

/** Visible ASCII but for `#`, which ends a target (RFC 3986, section 3.5) and would be read differently further on. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/;

/**
 * Turns a request head into facts: one spelling for host and path, the client's address as far as it can be trusted, an
 * id. Everything after this works on the facts alone.
 *
 * @returns why the request is refused, or null
 */
export function admit(exchange: ExchangeState): ErrorCode | null {
  const { head, listener, peer } = exchange.downstream;
  const trusted = listener.trustedProxies !== null && (peer === '' || listener.trustedProxies.has(peer));
  exchange.requestId = trusted
    ? exchange.acceptor.requestIds.adopt(head.requestId)
    : exchange.acceptor.requestIds.next();
  if (head.fault !== null) return head.fault;
  const path = normalisePath(head.rawPath, listener.config.path);
  if (path === null) return 'path_invalid';
  exchange.path = path;
  const host = normaliseHost(head.rawHost);
  if (host === null) return 'host_invalid';
  exchange.host = host;
  if (exchange.query !== null && !QUERY.test(exchange.query)) return 'path_invalid';
  if (head.via?.includes(exchange.acceptor.viaPseudonym)) return 'loop_detected';
  return null;
}
