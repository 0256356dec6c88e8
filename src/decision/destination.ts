import { normaliseHost } from './normalise-host.ts';
import { pathTemplateProblem } from './url-template.ts';
import { ValueTemplate } from './value-template.ts';

/** The parts of a URL with values in it: what a request puts into one part cannot reach into another. */
export interface Destination {
  /** Null, with the authority: where the request came to. */
  readonly scheme: 'http' | 'https' | null;
  /** Host and port. */
  readonly authority: ValueTemplate | null;
  readonly path: ValueTemplate;
  readonly query: ValueTemplate | null;
  readonly fragment: string;
}

const ROOT = ValueTemplate.compile('/');
/** Characters of a query and a fragment (RFC 3986, sections 3.4 and 3.5). */
const QUERY_TEXT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*$/;

/**
 * Takes apart a URL, or a path with or without query, that may hold values (value-template.ts).
 *
 * @param to names nothing unknown
 * @returns what is wrong with it, when it can never be a URL that is safe to send somebody to
 */
export function parseDestination(to: string): Destination | string {
  const [place, fragment] = ValueTemplate.compile(to).split('#') ?? [ValueTemplate.compile(to), ROOT];
  const [url, query] = place.split('?') ?? [place, null];
  const [start, rest] = url.split('://') ?? [null, url];
  const scheme = start === null ? null : start.constant;
  if (start !== null && scheme !== 'http' && scheme !== 'https') return 'is neither http nor https';
  const [authority, path] = start === null ? [null, rest] : (rest.splitBefore('/', 'request.path') ?? [rest, ROOT]);
  const problem = authorityProblem(authority) ?? pathTemplateProblem(path) ?? queryProblem(query);
  if (problem !== null) return problem;
  const hash = fragment === ROOT ? '' : fragment.constant;
  if (hash === null || !QUERY_TEXT.test(hash)) return 'has a fragment that is not plain text';
  return { scheme: scheme as Destination['scheme'], authority, path, query, fragment: hash };
}

/** Whoever chooses the host chooses where clients are sent: of a request, only the host that it came to can be. */
function authorityProblem(authority: ValueTemplate | null): string | null {
  if (authority === null) return null;
  if (authority.values.some(({ name }) => name !== 'request.host'))
    return 'takes its host from something else than request.host';
  const sample = authority.withText(() => 'x');
  return normaliseHost(sample) === null || sample === '' ? 'has no host' : null;
}

function queryProblem(query: ValueTemplate | null): string | null {
  return query === null || QUERY_TEXT.test(query.withText(() => ''))
    ? null
    : 'has a query with characters that no URL holds';
}
