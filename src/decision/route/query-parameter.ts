const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/**
 * Whether the first parameter of this name in a raw query string has this value, both percent-decoded; nothing is allocated for names and values
 * in ASCII. Read as HTML forms are (WHATWG URL, 5.1): pairs part at `&`, `+` is a space, a name without `=` has the empty value, an escape
 * that is malformed stands for itself. The first one counts when a name is repeated, as in URLSearchParams.get.
 */
export function hasQueryParameter(query: string, name: string, value: string): boolean {
  let start = 0;
  while (start <= query.length) {
    const end = pairEnd(query, start);
    const equals = nameEnd(query, start, end);
    if (end > start && isSpelling(query, start, equals, name)) {
      return isSpelling(query, Math.min(equals + 1, end), end, value);
    }
    start = end + 1;
  }
  return false;
}

function pairEnd(query: string, start: number): number {
  let end = start;
  while (end < query.length && query.charCodeAt(end) !== AMPERSAND) end++;
  return end;
}

function nameEnd(query: string, start: number, end: number): number {
  let equals = start;
  while (equals < end && query.charCodeAt(equals) !== EQUALS) equals++;
  return equals;
}

/** Whether `query.slice(start, end)`, decoded, is the wanted text. */
function isSpelling(query: string, start: number, end: number, wanted: string): boolean {
  let at = start;
  for (let i = 0; i < wanted.length; i++) {
    if (at >= end) return false;
    let code = query.charCodeAt(at);
    let length = 1;
    if (code === PLUS) code = SPACE;
    else if (code === PERCENT) {
      const byte = at + 2 < end ? byteOf(query, at) : -1;
      if (byte >= 0x80) return decodeForm(query.slice(start, end)) === wanted;
      if (byte >= 0) {
        code = byte;
        length = 3;
      }
    }
    if (code !== wanted.charCodeAt(i)) return false;
    at += length;
  }
  return at === end;
}

function byteOf(query: string, percent: number): number {
  const digits = query.slice(percent + 1, percent + 3);
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function decodeForm(text: string): string {
  return new URLSearchParams(`=${text}`).get('') ?? '';
}
