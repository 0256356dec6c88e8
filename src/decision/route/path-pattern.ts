import { MAX_SEGMENTS } from '../../shared-memory/route-table-layout.ts';
import { normalisePath } from '../normalise-path.ts';
import { compileLinearRegExp } from './linear-regexp.ts';

/** The path of a route match, taken apart. A literal is in the spelling of a normalised request path. */
export type PathPattern = SegmentPattern | RegExpPattern;

export interface SegmentPattern {
  /** `exact`: the path has exactly these segments. `prefix`: it begins with them. */
  readonly kind: 'exact' | 'prefix';
  /** Null is a parameter: any one non-empty segment. */
  readonly segments: readonly (string | null)[];
  /** Names of the parameters, left to right. */
  readonly parameters: readonly string[];
}

export interface RegExpPattern {
  readonly kind: 'regexp';
  readonly source: string;
}

/** Names of the parameters of a path; none for what is no path pattern. */
export function pathParameterNames(path: string): readonly string[] {
  if (!path.startsWith('/')) return [];
  return path.split('/').flatMap((part) => parameterName(part) ?? []);
}

const KEEP_ALL = { encodedSlash: 'keep', emptySegments: 'keep' } as const;

/**
 * Reads the `path` of a route match (see RouteMatch). Throws a SyntaxError that says what is wrong with it: no leading
 * slash, a `*` or a brace that is not a whole segment, a dot segment, a repeated parameter name, a regular expression
 * that has no linear-time form.
 *
 * Literals are written as a client may spell them: `/caf%c3%a9`, `/café` and `/%63af%C3%A9` are one path. A literal
 * brace or star is `%7B`, `%7D`; a star inside a segment is not offered, because other gateways read `/a*` as a prefix.
 */
export function parsePathPattern(path: string): PathPattern {
  if (path.startsWith('~')) {
    compileLinearRegExp(path.slice(1));
    return { kind: 'regexp', source: path.slice(1) };
  }
  if (!path.startsWith('/')) throw new SyntaxError(`a path begins with "/" or "~"`);
  const isPrefix = path.endsWith('/*');
  const parts = (isPrefix ? path.slice(0, -2) : path).split('/').slice(1);
  if (parts.length > MAX_SEGMENTS) throw new SyntaxError(`a path has at most ${MAX_SEGMENTS} segments`);

  const parameters: string[] = [];
  const segments = parts.map((part) => {
    const name = parameterName(part);
    if (name === null) return literalSegment(part);
    if (parameters.includes(name)) throw new SyntaxError('a parameter stands twice in one path');
    parameters.push(name);
    return null;
  });
  return { kind: isPrefix ? 'prefix' : 'exact', segments, parameters };
}

function parameterName(part: string): string | null {
  return part.startsWith('{') && part.endsWith('}') && /^[^{}*]+$/.test(part.slice(1, -1)) ? part.slice(1, -1) : null;
}

function literalSegment(part: string): string {
  if (/^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/.test(part) || part === '') return part;
  if (part.includes('*')) throw new SyntaxError(`"*" stands alone, as the last segment of a path`);
  if (/[{}]/.test(part)) throw new SyntaxError(`a parameter is a whole segment, "/{name}/"`);
  if (/\p{Surrogate}/u.test(part)) throw new SyntaxError('half a surrogate pair is no character');
  const ascii = part.replace(/[^\x21-\x7e]+/gu, (characters) => encodeURIComponent(characters));
  const spelled = normalisePath(`/${ascii}`, KEEP_ALL);
  if (spelled === null || spelled === '/') throw new SyntaxError('no request path holds one of its segments');
  return spelled.slice(1);
}
