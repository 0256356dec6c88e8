import type { RouteRecord } from '../config/compiled.ts';
import type { Decision } from '../decision/decision.ts';
import type { Forwarded } from '../decision/forwarded.ts';
import type { HeaderChanges } from '../decision/header-changes.ts';
import type { RequestHead } from './listener/downstream.ts';
import type { ExchangeTrace } from './tracing/exchange-trace.ts';
import { renderRequestHead } from './upstream/request-head.ts';

/** What of an exchange its request head is made from. */
export interface ForwardedExchange {
  readonly acceptor: { readonly viaPseudonym: string };
  readonly downstream: { readonly head: RequestHead };
  readonly forwarded: Forwarded;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly route: Pick<RouteRecord, 'forward'> | null;
  readonly decision: Decision | null;
  /** Null: the client's trace context goes on like any other header. */
  readonly trace: ExchangeTrace | null;
  readonly connection: { readonly endpoint: { readonly host: string; readonly port: number } } | null;
}

/**
 * Renders the request head for the upstream: the client's end-to-end headers as they came, framing made anew, and what the
 * gateway itself vouches for.
 *
 * @returns latin1 text up to the empty line
 */
export function renderForwardHead(exchange: ForwardedExchange): string {
  const { acceptor, downstream, forwarded, requestId, trace } = exchange;
  const { head } = downstream;
  const { forward } = exchange.route!;
  const via = head.via === null ? '' : `${head.via}, `;
  let ownLines = `x-forwarded-proto: ${forwarded.proto}\r\nx-forwarded-host: ${forwarded.host}\r\nvia: ${via}1.1 ${acceptor.viaPseudonym}\r\nx-request-id: ${requestId}\r\n`;
  // Empty behind a unix socket whose peer names nobody.
  if (forwarded.for !== '') ownLines += `x-forwarded-for: ${forwarded.for}\r\n`;
  const changes = exchange.decision === null ? null : exchange.decision.requestHeaderChanges;
  if (trace !== null && !setsContext(changes)) ownLines += trace.headerLines();
  return renderRequestHead({
    method: exchange.method,
    target: targetFor(exchange, forward.stripPrefix),
    host: hostFor(exchange, forward.host),
    headers: trace === null ? head.headers : trace.headers,
    changes,
    ownLines,
    bodyLength: bodyLengthOf(exchange),
  });
}

/** A policy has taken the trace context into its own hands. */
function setsContext(changes: HeaderChanges | null): boolean {
  return changes !== null && (changes.hides('traceparent') || changes.added.includes('traceparent'));
}

/** The path as the upstream is sent it, without the query. */
export function forwardedPath({
  path,
  route,
  decision,
}: Pick<ForwardedExchange, 'path' | 'route' | 'decision'>): string {
  const target = decision === null ? null : decision.target;
  return target === null ? strippedPath(path, route!.forward.stripPrefix) : target.path;
}

function strippedPath(path: string, prefix: string | null): string {
  return prefix === null ? path : path.slice(prefix.length) || '/';
}

function targetFor({ path, query, decision }: ForwardedExchange, stripPrefix: string | null): string {
  const target = decision === null ? null : decision.target;
  if (target !== null) return target.query === null ? target.path : `${target.path}?${target.query}`;
  const kept = strippedPath(path, stripPrefix);
  return query === null ? kept : `${kept}?${query}`;
}

function hostFor({ downstream, connection, decision }: ForwardedExchange, rule: string): string {
  if (decision !== null && decision.host !== null) return decision.host;
  if (rule === 'preserve') return downstream.head.rawHost;
  if (rule !== 'upstream') return rule;
  const { host, port } = connection!.endpoint;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A method that usually has a body says that it has none (RFC 9110, section 8.6). */
function bodyLengthOf({ downstream, method, decision }: ForwardedExchange): number | 'chunked' | null {
  if (decision !== null && decision.requestBody !== null) return decision.requestBody.length;
  const { contentLength } = downstream.head;
  if (contentLength < 0) return 'chunked';
  if (contentLength > 0) return contentLength;
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 0 : null;
}
