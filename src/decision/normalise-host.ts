import { canonicalAddress } from './ip-address.ts';

const DOT = 0x2e;
/** RFC 1035, 2.3.4. */
const MAX_NAME = 253;
const MAX_PORT = 65_535;

/** Characters of a normal host name. An underscore is in no registered name, but in many internal ones. */
const PLAIN = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-_.') PLAIN[character.charCodeAt(0)] = 1;

/**
 * The host that a Host header names, as routes name it: lower case, without port and trailing dot, an IPv6 address in brackets
 * and in its one spelling. Null when the header is malformed (`host_invalid`): empty, user information, a character that no host name holds
 * (escapes and non-ASCII included), an empty label, a port that is no port. A host already in that form comes back as the same string.
 */
export function normaliseHost(raw: string): string | null {
  const length = raw.length;
  if (length === 0 || length > MAX_NAME) return normaliseSlowly(raw);
  let previous = DOT;
  for (let i = 0; i < length; i++) {
    const code = raw.charCodeAt(i);
    if (code > 0x7f || PLAIN[code] === 0 || (code === DOT && previous === DOT)) return normaliseSlowly(raw);
    previous = code;
  }
  return previous === DOT ? normaliseSlowly(raw) : raw;
}

function normaliseSlowly(raw: string): string | null {
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{0,5}))?$/.exec(raw) ?? [];
  if (host === undefined || (port !== undefined && Number(port) > MAX_PORT)) return null;
  if (host.startsWith('[')) return normaliseIPv6(host.slice(1, -1));
  const name = host.toLowerCase().replace(/\.$/, '');
  return name.length <= MAX_NAME && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name) ? name : null;
}

function normaliseIPv6(text: string): string | null {
  const address = text.includes(':') ? canonicalAddress(text) : null;
  if (address === null) return null;
  return address.includes(':') ? `[${address}]` : `[::ffff:${address}]`;
}
