import { canonicalAddress } from './ip-address.ts';

const DOT = 0x2e;
const COLON = 0x3a;
/** RFC 1035, 2.3.4. */
const MAX_NAME = 253;
const MAX_PORT = 65_535;

/** Characters of a normal host name. An underscore is in no registered name, but in many internal ones. */
const PLAIN = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-_.') PLAIN[character.charCodeAt(0)] = 1;

/**
 * The host that a Host header names, as routes name it: lower case, without port and trailing dot, an IPv6 address in
 * brackets and in its one spelling. Null when the header is malformed (`host_invalid`): empty, user information, a
 * character that no host name holds (escapes and non-ASCII included), an empty label, a port that is no port. A host
 * already in that form comes back as the same string.
 */
export function normaliseHost(raw: string): string | null {
  const length = raw.length;
  if (length === 0 || length > MAX_NAME) return normaliseSlowly(raw);
  let previous = DOT;
  for (let i = 0; i < length; i++) {
    const code = raw.charCodeAt(i);
    if (code === COLON && previous !== DOT && isPort(raw, i + 1)) return raw.slice(0, i);
    if (code > 0x7f || PLAIN[code] === 0 || (code === DOT && previous === DOT)) return normaliseSlowly(raw);
    previous = code;
  }
  return previous === DOT ? normaliseSlowly(raw) : raw;
}

/** Whether the rest of the header is a port; RFC 3986, 3.2.3, lets it be empty. */
function isPort(raw: string, from: number): boolean {
  if (raw.length - from > 5) return false;
  let port = 0;
  for (let i = from; i < raw.length; i++) {
    const digit = raw.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= MAX_PORT;
}

function normaliseSlowly(raw: string): string | null {
  const [host] = /^(?:\[[^\]]*\]|[^:]*)/.exec(raw)!;
  const hasPort = host.length < raw.length;
  if (hasPort && (raw.charCodeAt(host.length) !== COLON || !isPort(raw, host.length + 1))) return null;
  if (host.startsWith('[')) return normaliseIPv6(host.slice(1, -1));
  const name = host.toLowerCase().replace(/\.$/, '');
  return name.length <= MAX_NAME && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name) ? name : null;
}

function normaliseIPv6(text: string): string | null {
  const address = text.includes(':') ? canonicalAddress(text) : null;
  if (address === null) return null;
  return address.includes(':') ? `[${address}]` : `[::ffff:${address}]`;
}
