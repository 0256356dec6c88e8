/** How servers write into a quoted field what would end it: `\"`, `\\`, `\n`, `\x16`. */

const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|(.))/gs;
const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', v: '\v', f: '\f' };

/**
 * Undoes the escapes of Apache httpd (ap_escape_logitem) and nginx (`escape=default`). Both write bytes from 0x80 on as `\xhh`: those
 * that are UTF-8 together become their character, others the character of their number.
 */
export function unescapeLog(text: string): string {
  if (!text.includes('\\')) return text;
  return text
    .replace(/(?:\\x[89A-Fa-f][0-9A-Fa-f])+/g, decodeBytes)
    .replace(ESCAPE, (_, hex: string | undefined, letter: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return LETTERS[letter] ?? letter;
    });
}

const strict = new TextDecoder('utf-8', { fatal: true });

function decodeBytes(escapes: string): string {
  const bytes = Buffer.from(escapes.replaceAll('\\x', ''), 'hex');
  try {
    return strict.decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
