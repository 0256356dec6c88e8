/** Which settings of a value differ: where, never from what to what, since what they hold may be secret. */

/** Settings that are named; of more the rest is not worth a list. */
const MOST_NAMED = 12;

/** Paths of what differs between two values of plain data, such as `limits.bodyBytes`; the empty path is the whole. */
export function changedSettings(before: unknown, after: unknown): string[] {
  const paths: string[] = [];
  compare(before, after, '', paths);
  return paths;
}

function compare(before: unknown, after: unknown, path: string, paths: string[]): void {
  if (Object.is(before, after) || paths.length >= MOST_NAMED) return;
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    paths.push(path);
    return;
  }
  // A list is a setting as a whole: what was put in at its front has not changed all that stands behind it.
  if (Array.isArray(before)) {
    if (JSON.stringify(before) !== JSON.stringify(after)) paths.push(path);
    return;
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const key of keys) compare(before[key], after[key], path === '' ? key : `${path}.${key}`, paths);
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
