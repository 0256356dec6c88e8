import type { Decision } from '../../decision.ts';
import type { HeaderSource, SavedChanges } from '../../header-changes.ts';

/** What belongs to one exchange, or is worked out anew for each (RFC 9111, section 3.1). */
const OF_ONE_EXCHANGE: ReadonlySet<string> = new Set([
  'age',
  'date',
  'penstock-error',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'x-request-id',
]);

/** A 304 says nothing new about these (RFC 9111, section 3.2). */
const OF_CONTENT: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
]);

/** Header lines as the cache sees and keeps them. */
export class HeaderLines implements HeaderSource {
  /** Lower-case names and values alternate. */
  readonly lines: readonly string[];
  readonly #response: HeaderSource;

  /** @param response where Age and Date are read, which are not kept */
  constructor(lines: readonly string[], response: HeaderSource) {
    this.lines = lines;
    this.#response = response;
  }

  header(name: string): string | null {
    if (name === 'age' || name === 'date') return this.#response.header(name);
    let joined: string | null = null;
    for (let i = 0; i < this.lines.length; i += 2) {
      if (this.lines[i] === name) joined = joined === null ? this.lines[i + 1]! : `${joined}, ${this.lines[i + 1]}`;
    }
    return joined;
  }
}

/**
 * The response's headers as the policies behind the cache have changed them, since a stored response passes those no more. What
 * the policies before it have added belongs to this one client and is not among them.
 *
 * @param before the changes as they stood when the request left the cache
 */
export function effectiveHeaders(decision: Decision, before: SavedChanges | null): HeaderLines {
  const response = decision.response!;
  const changes = decision.responseHeaderChanges;
  const hidden = changes === null ? [] : changes.hidden.filter((name) => !before?.hidden.includes(name));
  const lines: string[] = [];
  const all = response.headers();
  for (let i = 0; i < all.length; i += 2) {
    if (!OF_ONE_EXCHANGE.has(all[i]!) && !hidden.includes(all[i]!)) lines.push(all[i]!, all[i + 1]!);
  }
  if (changes !== null) lines.push(...addedSince(changes.added, before?.added ?? []));
  return new HeaderLines(lines, response);
}

/** Changes only ever take lines away or put some behind: what is left of those before comes first. */
function addedSince(now: readonly string[], before: readonly string[]): readonly string[] {
  let old = 0;
  for (let i = 0; i < now.length; i += 2) {
    while (old < before.length && !(before[old] === now[i] && before[old + 1] === now[i + 1])) old += 2;
    if (old >= before.length) return now.slice(i);
    old += 2;
  }
  return [];
}

/** @param names lower case */
export function withoutHeaders(lines: readonly string[], names: readonly string[]): readonly string[] {
  return names.length === 0 ? lines : lines.filter((_, at) => !names.includes(lines[at - (at % 2)]!));
}

/** The headers of a stored response as a 304 renews them (RFC 9111, section 3.2): each name it brings replaces all of that name. */
export function renewedHeaders(stored: readonly string[], fresh: readonly string[]): readonly string[] {
  const brought = fresh.filter((name, at) => at % 2 === 0 && !OF_CONTENT.has(name));
  return [...withoutHeaders(stored, brought), ...withoutHeaders(fresh, [...OF_CONTENT])];
}
