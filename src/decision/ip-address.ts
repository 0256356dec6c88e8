/**
 * IP addresses as text and as numbers. An address is held in four 32-bit words, most significant first; an IPv4 address is
 * held in the last of them, and an IPv4-mapped IPv6 address (`::ffff:a.b.c.d`, RFC 4291, 2.5.5.2) is that IPv4 address, because
 * a dual-stack socket shows IPv4 peers so.
 */

/** What the words hold. */
export const FAMILY = { NONE: 0, IPV4: 4, IPV6: 6 } as const;
export type Family = (typeof FAMILY)[keyof typeof FAMILY];

const DOT = 0x2e;
const COLON = 0x3a;
const MAX_IPV6_TEXT = 45;

/**
 * Reads an address in text into `words` and says which family it is; NONE when it is not an address, and `words` is then of no use.
 * IPv4 is four decimal numbers without leading zeros; IPv6 is RFC 4291, 2.2, without a zone. Allocates nothing.
 */
export function parseAddress(text: string, words: Uint32Array): Family {
  const length = text.length;
  if (length < 2 || length > MAX_IPV6_TEXT) return FAMILY.NONE;
  words.fill(0);
  for (let i = 0; i < length && i < 5; i++) {
    if (text.charCodeAt(i) === COLON) return parseIPv6(text, words);
  }
  const value = parseIPv4(text, 0);
  if (value < 0) return FAMILY.NONE;
  words[3] = value;
  return FAMILY.IPV4;
}

/** The number that `text.slice(from)` is as dotted decimals, or -1. */
function parseIPv4(text: string, from: number): number {
  let value = 0;
  let at = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== DOT) return -1;
    const start = at;
    let octet = 0;
    for (; at < text.length && at - start < 3; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      octet = octet * 10 + digit;
    }
    if (at === start || octet > 255 || (at - start > 1 && text.charCodeAt(start) === 0x30)) return -1;
    value = value * 256 + octet;
  }
  return at === text.length ? value : -1;
}

/** Groups are written from the left; what came after `::` is moved to the right end once it is known how much there is. */
function parseIPv6(text: string, words: Uint32Array): Family {
  let groups = 0;
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (groups === 8) return FAMILY.NONE;
    const end = groupEnd(text, at);
    if (text.charCodeAt(end) === DOT) {
      const value = groups <= 6 ? parseIPv4(text, at) : -1;
      if (value < 0) return FAMILY.NONE;
      setGroup(words, groups++, value >>> 16);
      setGroup(words, groups++, value & 0xffff);
      break;
    }
    if (end === at || end - at > 4) return FAMILY.NONE;
    setGroup(words, groups++, hexValue(text, at, end));
    if (end === text.length) break;
    if (text.charCodeAt(end) !== COLON || end + 1 === text.length) return FAMILY.NONE;
    at = end + 1;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return FAMILY.NONE;
      gap = groups;
      at++;
    }
  }
  if (gap < 0 ? groups !== 8 : groups > 7) return FAMILY.NONE;
  if (gap >= 0) openGap(words, gap, groups);
  return familyOf(words);
}

function groupEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && hexDigit(text.charCodeAt(end)) >= 0) end++;
  return end;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function hexValue(text: string, from: number, end: number): number {
  let value = 0;
  for (let i = from; i < end; i++) value = value * 16 + hexDigit(text.charCodeAt(i));
  return value;
}

function getGroup(words: Uint32Array, group: number): number {
  return (words[group >> 1] >>> (group % 2 === 0 ? 16 : 0)) & 0xffff;
}

function setGroup(words: Uint32Array, group: number, value: number): void {
  const shift = group % 2 === 0 ? 16 : 0;
  words[group >> 1] = (words[group >> 1] & ~(0xffff << shift)) | (value << shift);
}

/** Moves the groups from `gap` on to the right end and leaves zeros in their place. */
function openGap(words: Uint32Array, gap: number, groups: number): void {
  const shift = 8 - groups;
  for (let group = 7; group >= gap; group--) {
    setGroup(words, group, group - shift >= gap ? getGroup(words, group - shift) : 0);
  }
}

/** Turns a mapped address into the IPv4 address it stands for. */
function familyOf(words: Uint32Array): Family {
  if (words[0] !== 0 || words[1] !== 0 || words[2] !== 0xffff) return FAMILY.IPV6;
  words[2] = 0;
  return FAMILY.IPV4;
}

/** The one text of an address held in words: dotted decimals, or RFC 5952. */
export function formatWords(words: Uint32Array, family: Family): string {
  if (family === FAMILY.IPV4) {
    const value = words[3];
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  }
  const { start, length } = longestZeros(words);
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (length > 1 && group === start) {
      text += '::';
      group += length - 1;
    } else {
      if (group > 0 && !text.endsWith(':')) text += ':';
      text += getGroup(words, group).toString(16);
    }
  }
  return text;
}

/** The run of zero groups that `::` replaces: the longest, the first of equals (RFC 5952, 4.2). */
function longestZeros(words: Uint32Array): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && getGroup(words, start + length) === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

const scratch = new Uint32Array(4);

/** The one text of an address that a socket gives as 4 or 16 bytes; empty for any other length (a unix socket has none). */
export function formatAddress(bytes: Uint8Array | ArrayBuffer): string {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  if (view.length === 4) return `${view[0]}.${view[1]}.${view[2]}.${view[3]}`;
  if (view.length !== 16) return '';
  for (let group = 0; group < 8; group++) setGroup(scratch, group, view[2 * group] * 256 + view[2 * group + 1]);
  const family = familyOf(scratch);
  return formatWords(scratch, family);
}

/** The one text of an address however it is spelled, or null when it is none. */
export function canonicalAddress(text: string): string | null {
  const family = parseAddress(text, scratch);
  return family === FAMILY.NONE ? null : formatWords(scratch, family);
}
