/**
 * Templates of paths and queries. What comes from a request cannot change their shape: it is percent-encoded (RFC 3986, section
 * 2.1), and a path is used only when it is in the one spelling in which the gateway compares and forwards paths.
 */
import type { Decision } from './decision.ts';
import { normalisePath } from './normalise-path.ts';
import type { PathParameters, Value, ValueTemplate } from './value-template.ts';

const RULES = { encodedSlash: 'keep', emptySegments: 'reject' } as const;

/** Whether a path is in its one spelling, without dot segments, hidden ones and empty segments. */
export function isNormalPath(path: string): boolean {
  return normalisePath(path, RULES) === path;
}

/** Why a template of a path can never give a path that is forwarded, or null. */
export function pathTemplateProblem(template: ValueTemplate): string | null {
  const sample = template.withText(({ name }) => (name === 'request.path' ? '/x' : 'x'));
  if (!sample.startsWith('/')) return 'does not begin with a slash';
  return isNormalPath(sample) ? null : 'is not a normalised path';
}

/** The path; null when a value is absent or empty (an item's path must not become that of all), or it would not be normalised. */
export function renderPath(template: ValueTemplate, decision: Decision, parameters: PathParameters): string | null {
  const path = template.constant ?? template.render(decision, parameters, segmentText);
  return path !== null && isNormalPath(path) ? path : null;
}

/** Parts of the path stand as they are, since they are normalised already. */
function segmentText(text: string, value: Value): string | null {
  if (text === '') return null;
  const isOfPath = value.name === 'request.path' || value.name.startsWith('path.');
  return isOfPath ? text : percentEncode(text, value.isLatin1);
}

/** A query, or one value of it; null when a value is absent. */
export function renderQuery(template: ValueTemplate, decision: Decision): string | null {
  return template.constant ?? template.render(decision, decision.request, queryText);
}

function queryText(text: string, { name, isLatin1 }: Value): string {
  return name === 'request.query' ? text : percentEncode(text, isLatin1);
}

/** Every byte but unreserved characters as an escape. */
export function percentEncode(text: string, isLatin1 = false): string {
  if (/^[A-Za-z0-9._~-]*$/.test(text)) return text;
  let out = '';
  for (const byte of Buffer.from(text, isLatin1 ? 'latin1' : 'utf8')) {
    const character = String.fromCharCode(byte);
    const isPlain = /[A-Za-z0-9._~-]/.test(character);
    out += isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** A change of leading segments: `/api/users` from `/api` to `/v2` is `/v2/users`. */
export interface PrefixChange {
  /** Whole segments without a slash at the end; `/` is the prefix of every path. */
  readonly from: string;
  readonly to: string;
}

/** The path with its prefix changed; null when it has not that prefix. */
export function changePrefix(path: string, { from, to }: PrefixChange): string | null {
  const start = from === '/' ? '' : from;
  const isBelow = path.startsWith(start) && (path.length === start.length || path.charCodeAt(start.length) === 0x2f);
  if (!isBelow) return null;
  return `${to === '/' ? '' : to}${path.slice(start.length)}` || '/';
}

/** Where a path belongs whose prefix was changed for good; null: it has not that prefix, or is there already. */
export function movePrefix(path: string, prefix: PrefixChange): string | null {
  const isBelow = changePrefix(prefix.to, { from: prefix.from, to: prefix.from }) !== null;
  const isThere = isBelow && changePrefix(path, { from: prefix.to, to: prefix.to }) !== null;
  return isThere ? null : changePrefix(path, prefix);
}
