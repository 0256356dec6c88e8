import type { Decision } from '../../decision.ts';
import type { Claims, Identity } from '../../found-identity.ts';

/** What of the query tells two requests apart. */
export interface QueryRules {
  /** `exact`: as sent. `sorted`: whatever the order of its parameters. `ignored`: not at all. */
  readonly query: 'exact' | 'sorted' | 'ignored';
  /** Parameters that do not count; `utm_*` names all that begin like this. */
  readonly ignoreQuery: readonly string[];
}

/**
 * The key of a request in the store. Two requests share one only if they were written to the same policy of the same route, for
 * the same origin, path and query, by the same identities. Every part ends where a line feed stands, which no part but the last
 * can hold (paths, hosts, names and queries are visible ASCII), so that no two different lists of parts spell one key.
 *
 * The host is taken with its port and as a proxy has told it: an origin is shown both and may write them into what it sends.
 */
export function primaryKey(scope: string, decision: Decision, rules: QueryRules, shared: boolean): string {
  const { request, route } = decision;
  const query = rules.query === 'ignored' ? '' : queryKey(decision.query, rules);
  const who = shared ? '' : certificateKey(decision) + identityKey(decision);
  return `${scope}\n${route.name}\n${request.scheme}://${request.authority.toLowerCase()} ${request.forwardedHost}\n${request.path}\n${query}\n${who}`;
}

/** Whether the gateway knows who asks. */
export function isIdentified({ consumer, claims }: Decision): boolean {
  return consumer !== null || claims !== null;
}

/**
 * An origin may be told of the client's certificate. It tells clients apart, and is no identity that the gateway would store responses
 * to authorized requests for: one certificate may be that of a proxy with many users behind it.
 */
function certificateKey({ request }: Decision): string {
  return request.clientCertificate == null ? '' : `certificate ${request.clientCertificate.fingerprint} `;
}

/**
 * Empty when nobody is known. JSON, so that no name can be written to look like another with something behind it. Where several
 * policies have found somebody, all of them count: an origin may be told of each.
 */
function identityKey(decision: Decision): string {
  if (!isIdentified(decision)) return '';
  return JSON.stringify([decision, ...decision.earlierIdentities].flatMap(namesOf));
}

function namesOf({ consumer, claims }: Identity): unknown[] {
  return [consumer?.name ?? null, claims === null ? null : subjectOf(claims)];
}

/** A subject is unique at its issuer alone (RFC 7519, section 4.1.2). Claims without one are told apart by all they say. */
function subjectOf(claims: Claims): unknown {
  const { sub, iss } = claims;
  return typeof sub === 'string' ? ['sub', iss ?? null, sub] : ['claims', claims];
}

function queryKey(query: string | null, { query: form, ignoreQuery }: QueryRules): string {
  if (query === null) return '';
  if (form === 'exact' && ignoreQuery.length === 0) return `?${query}`;
  const kept = query.split('&').filter((pair) => pair !== '' && !isIgnored(parameterName(pair), ignoreQuery));
  if (form === 'sorted') kept.sort();
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

function parameterName(pair: string): string {
  const equals = pair.indexOf('=');
  const name = equals < 0 ? pair : pair.slice(0, equals);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function isIgnored(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}
