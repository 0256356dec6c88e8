import type { Decision } from '../decision.ts';
import { FAMILY, parseAddress } from '../ip-address.ts';

/** Whose requests are counted together. */
export type LimitBy =
  | { readonly kind: 'ip' | 'consumer' | 'route' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'claim'; readonly name: string };

/** What of a decision requests are counted by. */
export type CountedBy = Pick<Decision, 'request' | 'route' | 'consumer' | 'claims'>;

/** The text that requests which are counted together have in common. */
export type KeyOf = (decision: CountedBy) => string;

/** Begins the key of whoever does not have what is counted by; neither headers nor names of consumers can hold it. */
export const BY_ADDRESS = '\0';

/**
 * @param ipv6Prefix bits of an IPv6 address that tell clients apart: a subscriber has a network, not one address
 * @returns one who lacks the consumer, header or claim is known by the address: so nobody can use up what is left for all others like it
 */
export function keyBy(by: LimitBy, ipv6Prefix: number): KeyOf {
  const byAddress: KeyOf = ({ request }) => addressKey(request.clientIp, ipv6Prefix);
  const instead: KeyOf = (decision) => BY_ADDRESS + byAddress(decision);
  switch (by.kind) {
    case 'ip':
      return byAddress;
    case 'route':
      return ({ route }) => route.name;
    case 'consumer':
      return (decision) => (decision.consumer === null ? instead(decision) : decision.consumer.name);
    case 'header':
      return (decision) => decision.request.header(by.name) ?? instead(decision);
    case 'claim':
      return (decision) => claimKey(decision.claims?.[by.name]) ?? instead(decision);
    default:
      return by satisfies never;
  }
}

/** What makes one claim's value the same as another's; null: it is none to go by. */
function claimKey(value: unknown): string | null {
  if (typeof value === 'string') return value.startsWith(BY_ADDRESS) ? null : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

const words = new Uint32Array(4);

function addressKey(address: string, ipv6Prefix: number): string {
  if (!address.includes(':') || parseAddress(address, words) !== FAMILY.IPV6) return address;
  for (let i = 0; i < 4; i++) {
    const bits = Math.min(32, Math.max(0, ipv6Prefix - 32 * i));
    // A shift by 32 is a shift by nothing.
    words[i] = bits === 0 ? 0 : words[i]! & (-1 << (32 - bits));
  }
  const [a, b, c, d] = words as unknown as [number, number, number, number];
  // As code units, which no IPv4 address in text begins with: the colon is what tells both apart.
  return String.fromCharCode(58, a >>> 16, a & 65535, b >>> 16, b & 65535, c >>> 16, c & 65535, d >>> 16, d & 65535);
}
