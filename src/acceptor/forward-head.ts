import type { ExchangeState } from './exchange-state.ts';

/**
 * Renders the request head for the upstream. Framing is made anew from what the listener found; hop-by-hop headers are gone
 * by now; what the gateway vouches for comes last.
 *
 * @returns latin1 text up to the empty line, or null when it holds a byte no head may hold
 */
export function renderForwardHead(exchange: ExchangeState): string | null {
  const { head } = exchange.downstream;
  const { forward } = exchange.route!;
  let text = `${exchange.method} ${targetOf(exchange, forward.stripPrefix)} HTTP/1.1\r\nhost: ${hostFor(exchange, forward.host)}\r\n`;
  const { names, values } = head;
  for (let i = 0; i < names.length; i++) text += `${names[i]}: ${values[i]}\r\n`;
  if (head.contentLength < 0) text += 'transfer-encoding: chunked\r\n';
  else if (head.contentLength > 0) text += `content-length: ${head.contentLength}\r\n`;
  return `${text}\r\n`;
}
function targetOf(exchange: ExchangeState, strip: string | null): string {
  const path = strip === null ? exchange.path : exchange.path.slice(strip.length) || '/';
  return exchange.query === null ? path : `${path}?${exchange.query}`;
}
function hostFor(exchange: ExchangeState, rule: string): string {
  if (rule === 'preserve') return exchange.downstream.head.rawHost;
  if (rule === 'upstream') return exchange.connection!.endpoint.name;
  return rule;
}
