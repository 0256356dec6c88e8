import type { PathRules } from '../config/compiled.ts';
import type { ErrorCode } from '../errors/table.ts';
import type { ForwardedFacts } from './forwarded.ts';
import { normaliseHost } from './normalise-host.ts';
import { normalisePath } from './normalise-path.ts';

/** Visible ASCII but for `#`, which ends a target (RFC 3986, section 3.5) and would be read differently further on. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/;

/** A request head as its reader leaves it. */
export interface HeadFacts extends ForwardedFacts {
  /** What was found wrong with it; nothing of it can be trusted then. */
  readonly fault: ErrorCode | null;
  readonly method: string;
  readonly rawPath: string;
  /** Without `?`; null: none. */
  readonly query: string | null;
  readonly via: string | null;
}

/** Where the one spelling of a request goes. */
export interface AdmittedFacts {
  path: string;
  host: string;
}

/**
 * Gives host and path of a request their one spelling, or refuses it. The same for a request on a socket and for one that
 * `explain` is told of. What was not come to before a refusal stays as it is in `facts`.
 *
 * @returns why the request is refused, or null
 */
export function admitHead(
  head: HeadFacts,
  rules: PathRules,
  viaPseudonym: string,
  facts: AdmittedFacts,
): ErrorCode | null {
  if (head.fault !== null) return head.fault;
  const path = normalisePath(head.rawPath, rules);
  if (path === null) return 'path_invalid';
  facts.path = path;
  if (head.query !== null && !QUERY.test(head.query)) return 'path_invalid';
  const host = normaliseHost(head.rawHost);
  if (host === null) return 'host_invalid';
  facts.host = host;
  if (head.via?.includes(viaPseudonym)) return 'loop_detected';
  // CONNECT wants a tunnel, and TRACE would show a client what the gateway adds for the upstream's eyes. The last check,
  // because the answer names the methods that are allowed with this host and path.
  if (head.method === 'CONNECT' || head.method === 'TRACE') return 'method_not_allowed';
  return null;
}
