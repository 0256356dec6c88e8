import type { CidrSet } from './cidr.ts';
import { canonicalAddress } from './ip-address.ts';
import { normaliseHost } from './normalise-host.ts';

/** What the gateway saw itself, and what the request claims. */
export interface ForwardedFacts {
  /** Address of the TCP peer in its one spelling; empty for a unix socket. */
  readonly peer: string;
  readonly scheme: 'http' | 'https';
  /** The Host header as received. */
  readonly rawHost: string;
  /** Values of X-Forwarded-For, -Proto and -Host, repeated ones joined by commas; null when absent. */
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
  readonly forwardedHost: string | null;
}

/** Who the client is, and what the upstream is told. Made once per exchange, or once and filled again. */
export class Forwarded {
  clientIp = '';
  /** Values to send; X-Forwarded-For is empty when the peer has no address and nobody is named before it. */
  for = '';
  proto = '';
  host = '';
}

/**
 * Decides whose X-Forwarded-* is believed. From a peer that is not trusted the three are replaced by what the gateway
 * saw. From a trusted one, X-Forwarded-For is continued with the peer, and -Proto and -Host go on as they came where
 * they are well-formed.
 *
 * The client is the rightmost entry of the chain that is not a trusted proxy: everything left of it is hearsay. An entry
 * that is no address ends the walk, and the client is then the last trusted hop before it. When all are trusted it is
 * the leftmost. A unix-socket peer has no address and is trusted: whoever may open the socket's file was let in by the
 * operator.
 *
 * @returns whether the peer is trusted, so that other claims of its are believed, too
 */
export function resolveForwarded(facts: ForwardedFacts, trusted: CidrSet, result: Forwarded): boolean {
  const { peer } = facts;
  const isTrusted = peer === '' || trusted.has(peer);
  result.clientIp = peer;
  result.for = peer;
  result.proto = facts.scheme;
  result.host = facts.rawHost;
  if (!isTrusted) return false;
  if (facts.forwardedFor !== null && facts.forwardedFor !== '') {
    result.clientIp = findClient(facts.forwardedFor, peer, trusted);
    result.for = peer === '' ? facts.forwardedFor : `${facts.forwardedFor}, ${peer}`;
  }
  if (facts.forwardedProto !== null) result.proto = protoOf(facts.forwardedProto) ?? facts.scheme;
  if (facts.forwardedHost !== null && normaliseHost(facts.forwardedHost) !== null) result.host = facts.forwardedHost;
  return true;
}

/** Walks the chain from its right end, which the nearest proxy wrote. */
function findClient(chain: string, peer: string, trusted: CidrSet): string {
  let client = peer;
  let end = chain.length;
  while (end >= 0) {
    const comma = end === 0 ? -1 : chain.lastIndexOf(',', end - 1);
    const address = entryAddress(chain.slice(comma + 1, end).trim());
    if (address === null) return client;
    client = address;
    if (!trusted.has(address)) return client;
    end = comma;
  }
  return client;
}

/** The address of an entry in its one spelling; some proxies add the port (`192.0.2.1:4711`, `[2001:db8::1]:4711`). */
function entryAddress(entry: string): string | null {
  const [, bracketed, bare] = /^(?:\[([^\]]+)\]|(\d[\d.]*))(?::\d{1,5})?$/.exec(entry) ?? [];
  return canonicalAddress(bracketed ?? bare ?? entry);
}

function protoOf(value: string): string | null {
  const proto = value.trim().toLowerCase();
  return proto === 'http' || proto === 'https' ? proto : null;
}
