/** Longest time that is told apart from for ever, in seconds (RFC 9111, section 1.2.2). */
const MOST_SECONDS = 2 ** 31;

/** Directives of requests and responses (RFC 9111, section 5.2; RFC 5861). Times are in seconds; null: not given. */
export interface CacheControl {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly isPrivate: boolean;
  readonly isPublic: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAge: number | null;
  readonly sMaxAge: number | null;
  readonly minFresh: number | null;
  /** Infinity: however stale. */
  readonly maxStale: number | null;
  readonly staleWhileRevalidate: number | null;
  readonly staleIfError: number | null;
  /** Lower-case names of fields that the qualified forms of `private` and `no-cache` name: they are not kept. */
  readonly withheldFields: readonly string[];
}

/**
 * Reads Cache-Control. Names in any case, values as tokens or quoted, in any order; what is not known is passed over. Of a
 * directive that is there twice the first counts, and a time that is none is 0, which is stale (section 4.2.1).
 *
 * @param text all lines of the header joined by `, `; null: there is none
 */
export function parseCacheControl(text: string | null): CacheControl {
  const found = text === null ? NONE : directivesOf(text);
  const has = (name: string): boolean => found.has(name);
  const seconds = (name: string): number | null => (has(name) ? secondsOf(found.get(name)!) : null);
  return {
    noStore: has('no-store'),
    noCache: found.get('no-cache') === '',
    isPrivate: found.get('private') === '',
    isPublic: has('public'),
    mustRevalidate: has('must-revalidate'),
    proxyRevalidate: has('proxy-revalidate'),
    mustUnderstand: has('must-understand'),
    onlyIfCached: has('only-if-cached'),
    maxAge: seconds('max-age'),
    sMaxAge: seconds('s-maxage'),
    minFresh: seconds('min-fresh'),
    maxStale: found.get('max-stale') === '' ? Number.POSITIVE_INFINITY : seconds('max-stale'),
    staleWhileRevalidate: seconds('stale-while-revalidate'),
    staleIfError: seconds('stale-if-error'),
    withheldFields: [...fieldsOf(found.get('no-cache')), ...fieldsOf(found.get('private'))],
  };
}

const NONE: ReadonlyMap<string, string> = new Map();

/** Lower-case names with their values, `''` for those that have none. */
function directivesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of splitList(text)) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === '') continue;
    const value = equals < 0 ? '' : unquote(part.slice(equals + 1).trim());
    const known = found.get(name);
    // The bare form of one that may be qualified is the stricter one, wherever it stands.
    if (known === undefined || value === '')
      found.set(name, known === undefined || isQualifiable(name) ? value : known);
  }
  return found;
}

function isQualifiable(name: string): boolean {
  return name === 'private' || name === 'no-cache';
}

/** The elements of a list, split at the commas that stand in no quoted string. One that never ends takes the rest. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isQuoted && character === '\\') i++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  const inner = value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value.slice(1);
  return inner.replace(/\\(.)/g, '$1');
}

function secondsOf(value: string): number {
  return /^\d+$/.test(value) ? Math.min(Number(value), MOST_SECONDS) : 0;
}

function fieldsOf(value: string | undefined): readonly string[] {
  if (value === undefined || value === '') return [];
  return value
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}
