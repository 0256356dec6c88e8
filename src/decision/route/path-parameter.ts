/**
 * The text of a parameter of a template: segment by segment, as it stands in the normalised path, escapes and all.
 *
 * @param pattern as the config writes it; a regular expression has no parameters
 * @param path one that the pattern matches
 * @returns null when the pattern has no parameter of this name
 */
export function pathParameter(pattern: string, path: string, name: string): string | null {
  if (!pattern.startsWith('/')) return null;
  const at = pattern.split('/').indexOf(`{${name}}`);
  return at === -1 ? null : (path.split('/')[at] ?? null);
}
