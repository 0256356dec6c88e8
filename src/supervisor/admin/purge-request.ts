import type { Purge } from '../../decision/policies/cache/purge.ts';

const MEMBERS = ['path', 'prefix', 'key', 'host'] as const;

/**
 * Reads what `POST /cache/purge` is asked for: a JSON object with one of `path`, `prefix` and `key`, and with `host` where only
 * that one is meant.
 *
 * @returns one sentence about what is wrong with it when it is no such thing
 */
export function parsePurge(text: string): Purge | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'The body is not JSON.';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'The body is not a JSON object.';
  const unknown = Object.keys(value).find((name) => !(MEMBERS as readonly string[]).includes(name));
  if (unknown !== undefined)
    return `There is no member ${JSON.stringify(unknown)}; expected path, prefix or key, and host.`;
  const purge = value as Record<string, unknown>;
  for (const name of MEMBERS) {
    if (purge[name] !== undefined && (typeof purge[name] !== 'string' || purge[name] === '')) {
      return `${name} is not text.`;
    }
  }
  const ways = ['path', 'prefix', 'key'].filter((name) => purge[name] !== undefined);
  if (ways.length !== 1) return 'Expected exactly one of path, prefix and key.';
  for (const name of ['path', 'prefix']) {
    const path = purge[name] as string | undefined;
    if (path !== undefined && !path.startsWith('/')) return `${name} does not begin with a slash.`;
  }
  const host = purge['host'] as string | undefined;
  return host === undefined ? (purge as Purge) : ({ ...purge, host: host.toLowerCase() } as Purge);
}
