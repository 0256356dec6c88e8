/** What may stand for the star of `https://*.example.com`: one label or more. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * Whether an Origin header names one of these origins: exact ones, or any host below one, with the same scheme and port. Origins
 * are compared as browsers write them (RFC 6454, section 6.1), which is in lower case and without a usual port.
 */
export function originMatcher(origins: readonly string[]): (origin: string) => boolean {
  const exact: ReadonlySet<string> = new Set(origins);
  const below = origins.flatMap((origin): (readonly [string, string])[] => {
    const at = origin.indexOf('*.');
    return at === -1 ? [] : [[origin.slice(0, at), origin.slice(at + 1)]];
  });
  return (origin) => {
    if (exact.has(origin)) return !origin.includes('*');
    for (const [start, end] of below) {
      const isShaped = origin.startsWith(start) && origin.endsWith(end) && origin.length > start.length + end.length;
      if (isShaped && LABELS.test(origin.slice(start.length, -end.length))) return true;
    }
    return false;
  };
}
