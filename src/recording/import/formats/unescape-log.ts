/** How servers write into a quoted field what would end it: `\"`, `\\`, `\n`, `\x16`. */

const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|(.))/gs;
const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', v: '\v', f: '\f' };

/**
 * Undoes the escapes of Apache httpd (ap_escape_logitem) and nginx (`escape=default`). Both write bytes from 0x80 on as `\xhh`, which
 * become a character each.
 */
export function unescapeLog(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (_, hex: string | undefined, letter: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return LETTERS[letter] ?? letter;
  });
}
