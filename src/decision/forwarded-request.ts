import type { Decision } from './decision.ts';

/** A request as the upstream is sent it, as far as policies have a say. */
export interface ForwardedRequest {
  readonly method: string;
  readonly target: string;
  /** Null: the endpoint's own. */
  readonly host: string | null;
  /** Lower-case names and values alternate. */
  readonly headers: readonly string[];
}

/**
 * What the upstream would be sent if it were asked now: for policies that send the request, or one like it, somewhere else.
 *
 * @param more names and values of headers that replace all others of their name
 */
export function forwardedRequest(decision: Decision, more: readonly string[]): ForwardedRequest {
  const { request, route } = decision;
  const changes = decision.requestHeaderChanges;
  const headers: string[] = [];
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = request.headers[i]!;
    if (!changes?.hides(name)) headers.push(name, request.headers[i + 1]!);
  }
  if (changes !== null) headers.push(...changes.added);
  const own = [...gatewayHeaders(decision), ...more];
  const kept = headers.filter((_, at) => !isNamed(own, headers[at - (at % 2)]!));
  const host = decision.host ?? hostOf(route.forward?.host ?? 'preserve', request.authority);
  return { method: request.method, target: targetOf(decision), host, headers: [...kept, ...own] };
}

function targetOf({ forwardedPath, query }: Decision): string {
  return query === null ? forwardedPath : `${forwardedPath}?${query}`;
}

function hostOf(rule: string, clientHost: string): string | null {
  if (rule === 'upstream') return null;
  return rule === 'preserve' ? clientHost : rule;
}

/** What the gateway vouches for on every request it forwards. */
function gatewayHeaders({ request }: Decision): string[] {
  const headers = ['x-forwarded-proto', request.scheme, 'x-forwarded-host', request.authority];
  headers.push('x-request-id', request.requestId);
  if (request.clientIp !== '') headers.push('x-forwarded-for', request.clientIp);
  return headers;
}

function isNamed(headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return true;
  return false;
}
