import { resolveForwarded } from '../decision/forwarded.ts';
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
  const { acceptor, downstream, forwarded, query } = exchange;
  const { head, listener } = downstream;
  const isTrusted = resolveForwarded(head, listener.trustedProxies, forwarded);
  exchange.clientIp = forwarded.clientIp;
  exchange.requestId = isTrusted ? acceptor.requestIds.adopt(head.requestId) : acceptor.requestIds.next();
  if (head.fault !== null) return head.fault;
  const path = normalisePath(head.rawPath, listener.config.path);
  if (path === null) return 'path_invalid';
  exchange.path = path;
  if (query !== null && !QUERY.test(query)) return 'path_invalid';
  const host = normaliseHost(head.rawHost);
  if (host === null) return 'host_invalid';
  exchange.host = host;
  if (head.via?.includes(acceptor.viaPseudonym)) return 'loop_detected';
  // CONNECT wants a tunnel, and TRACE would show a client what the gateway adds for the upstream's eyes. The last check,
  // because the answer names the methods that are allowed with this host and path.
  if (head.method === 'CONNECT' || head.method === 'TRACE') return 'method_not_allowed';
  return null;
}
