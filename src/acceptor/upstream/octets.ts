/** Character classes of HTTP/1.1 as tables, and comparisons that work on bytes without making strings. */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COMMA = 0x2c;
export const COLON = 0x3a;

const table = (accepts: (octet: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, octet) => (accepts(octet) ? 1 : 0));

/** 1 for what a method or a header name may be made of (`tchar`, RFC 9110, section 5.6.2). */
export const TOKEN = table((octet) => /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(octet)) && octet < 0x80);

/** 1 for what a header value or a reason phrase may be made of: HTAB, SP, VCHAR and obs-text (RFC 9110, section 5.5). */
export const FIELD_CONTENT = table((octet) => octet === TAB || (octet >= SPACE && octet !== 0x7f));

/** Value of a hexadecimal digit, 255 for any other octet. */
export const HEX_VALUE = Uint8Array.from({ length: 256 }, (_, octet) => {
  const value = Number.parseInt(String.fromCharCode(octet), 16);
  return Number.isNaN(value) ? 255 : value;
});

export function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB;
}

/** Whether the bytes from `start` to `end` spell `lowerCase`, a token in lower case, in any case. */
export function spells(bytes: Uint8Array, start: number, end: number, lowerCase: string): boolean {
  if (end - start !== lowerCase.length) return false;
  for (let at = start, i = 0; at < end; at++, i++) {
    let octet = bytes[at];
    if (octet >= 0x41 && octet <= 0x5a) octet |= 0x20;
    if (octet !== lowerCase.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether two ranges of the same bytes are the same token, whatever the case. */
export function sameToken(bytes: Uint8Array, startA: number, endA: number, startB: number, endB: number): boolean {
  if (endA - startA !== endB - startB) return false;
  for (let a = startA, b = startB; a < endA; a++, b++) {
    if (lower(bytes[a]) !== lower(bytes[b])) return false;
  }
  return true;
}

function lower(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}
