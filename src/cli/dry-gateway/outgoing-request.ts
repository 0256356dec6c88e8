import { renderForwardHead } from '../../acceptor/forward-head.ts';
import type { DryExchange } from './dry-exchange.ts';

/** The request as an upstream would be sent it. */
export interface OutgoingRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  /** In the order they are sent: names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of the client's headers that do not go on. */
  readonly removed: readonly string[];
  /** Names of headers that the client did not send, or sent otherwise. */
  readonly added: readonly string[];
}

/** Reads back the head that would be sent, rendered as for a connection. Only for an exchange that is forwarded. */
export function outgoingRequest(exchange: DryExchange): OutgoingRequest {
  const [requestLine, ...lines] = renderForwardHead(exchange).trimEnd().split('\r\n');
  const [method, target] = requestLine!.split(' ') as [string, string];
  const all = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  const headers = all.filter(([name]) => name !== 'host');
  const sent = pairsOf(exchange.headers);
  const had = new Set(sent.map(([name, value]) => `${name}:${value}`));
  const kept = new Set(headers.map(([name]) => name));
  return {
    method,
    target,
    host: all.find(([name]) => name === 'host')![1],
    headers,
    removed: unique(sent.map(([name]) => name).filter((name) => !kept.has(name))),
    added: unique(headers.filter(([name, value]) => !had.has(`${name}:${value}`)).map(([name]) => name)),
  };
}

/** Names and values that alternate, as pairs. */
export function pairsOf(lines: readonly string[]): (readonly [name: string, value: string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i < lines.length; i += 2) pairs.push([lines[i]!, lines[i + 1]!]);
  return pairs;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
