/** Selecting headers (RFC 9111, section 4.1). */

/** The headers that a response varies by, with those the config names: lower case, sorted, each once. */
export function varyNames(vary: string | null, extra: readonly string[]): readonly string[] {
  if (vary === null && extra.length === 0) return extra;
  const named = (vary ?? '').split(',').map((name) => name.trim().toLowerCase());
  return [...new Set([...named, ...extra])].filter((name) => name !== '').sort();
}

/** The values of those headers in a request: equal texts, equal values. Absent is not the same as empty. */
export function varyValues(names: readonly string[], header: (name: string) => string | null): string {
  if (names.length === 0) return '';
  return JSON.stringify(names.map((name) => normalised(header(name))));
}

/** Blanks around the members of a list mean nothing, and one line with two members is the same as two lines. */
function normalised(value: string | null): string | null {
  return value === null ? null : value.replace(/[ \t]*,[ \t]*/g, ',').trim();
}
