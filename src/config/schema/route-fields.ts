/** Fields of a route's `match`: path patterns, methods, header and query conditions. */
import { z } from 'zod';
import { compileLinearRegExp } from '../../decision/route/linear-regexp.ts';
import { parsed, parsedText, Refusal } from './fields.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Characters that RFC 3986 lets stand in a path segment as they are, and percent-encoded bytes. */
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*$/;

const PARAMETER = /^\{[A-Za-z_][A-Za-z0-9_-]*\}$/;

/** A path pattern in the one spelling that normalised requests can match. */
export function pathPattern(): z.ZodType<string> {
  const about = {
    type: 'path pattern',
    expected: '/a, /a/*, /users/{id} or ~regular-expression',
    json: { examples: ['/health', '/catalog/*', '/users/{id}', '~^/v[0-9]+/'] },
  };
  return parsedText(about, (input) => {
    if (input.startsWith('~')) return checkExpression(input);
    if (!input.startsWith('/')) return new Refusal('{value} does not begin with / or ~');
    const segments = input.slice(1).split('/');
    const names = new Set<string>();
    for (const [index, segment] of segments.entries()) {
      const refusal = checkSegment(segment, index === segments.length - 1, names);
      if (refusal !== null) return refusal;
    }
    return input;
  });
}

/** A prefix of whole segments, without the slash at its end: `/catalog`. */
export function pathPrefix(): z.ZodType<string> {
  const about = {
    type: 'path prefix',
    expected: 'whole segments such as /catalog, without * or {}',
    json: { examples: ['/catalog'] },
  };
  return parsedText(about, (input) => {
    if (!input.startsWith('/') || input === '/') return new Refusal('{value} is not a path prefix');
    const segments = input.slice(1).split('/');
    return segments.every((segment) => segment !== '' && isPlainSegment(segment) && !isDotSegment(segment))
      ? input
      : new Refusal('{value} is not a path prefix');
  });
}

/** An upper-case method token; methods are case-sensitive (RFC 9110, section 9.1). */
export function method(): z.ZodType<string> {
  const about = { type: 'method', expected: 'a method in capitals, such as GET', json: { examples: ['GET', 'POST'] } };
  return parsedText(about, (input) => {
    if (!TOKEN.test(input)) return new Refusal('{value} is not a method');
    return input === input.toUpperCase() ? input : new Refusal('{value} is not in capitals', input.toUpperCase());
  });
}

/** Header names (any case, lower-cased here) with the value each must have. */
export function headerConditions(): z.ZodType<readonly (readonly [string, string])[]> {
  return conditions('a map of header names to values', (key) => (TOKEN.test(key) ? key.toLowerCase() : null));
}

/** Query parameters, percent-decoded, with the value each must have. */
export function queryConditions(): z.ZodType<readonly (readonly [string, string])[]> {
  return conditions('a map of query parameters to values', (key) => (key === '' ? null : key));
}

function conditions(
  expected: string,
  parseKey: (key: string) => string | null,
): z.ZodType<readonly (readonly [string, string])[]> {
  const value = parsedText({ type: 'text', expected: 'text (quote a number: "2")', json: {} }, (input) =>
    /[\0-\x08\x0a-\x1f\x7f]/.test(input) ? new Refusal('{value} holds a control character') : input,
  );
  return z.record(z.string(), value).transform((map, context) => {
    const pairs = new Map<string, string>();
    for (const [key, wanted] of Object.entries(map)) {
      const parsedKey = parseKey(key);
      const problem = parsedKey === null ? 'is not a name' : pairs.has(parsedKey) ? 'stands twice' : null;
      if (problem === null) pairs.set(parsedKey!, wanted);
      else
        context.issues.push({
          code: 'custom',
          input: map,
          path: [key],
          message: `${JSON.stringify(key)} ${problem}, expected ${expected}`,
          params: { part: 'key' },
        });
    }
    return [...pairs];
  });
}

/** An address that the route's own settings give the Host header, or one of two words. */
export function forwardedHost(): z.ZodType<string> {
  const about = {
    type: 'preserve, upstream or a host',
    expected: 'preserve, upstream, or a host such as orders.internal:8080',
    json: { examples: ['preserve', 'upstream', 'orders.internal'] },
  };
  return parsed({ ...about, json: { type: 'string', ...about.json } }, (input) => {
    const isHost = typeof input === 'string' && /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(input);
    return isHost ? input : new Refusal('{value} cannot be sent as a Host header');
  });
}

function checkExpression(input: string): string | Refusal {
  if (input === '~') return new Refusal('{value} holds no expression');
  try {
    compileLinearRegExp(input.slice(1));
    return input;
  } catch {
    return new Refusal(
      '{value} is not a regular expression that runs in linear time',
      'one without back-references, look-around or large counted repetitions',
    );
  }
}

function checkSegment(segment: string, isLast: boolean, names: Set<string>): Refusal | null {
  if (segment === '*' && isLast) return null;
  if (segment === '' && isLast) return null;
  if (segment === '')
    return new Refusal(
      '{value} has an empty segment',
      'single slashes: requests are normalised before they are matched',
    );
  if (segment.includes('*'))
    return new Refusal('{value} has a * in the wrong place', 'it only as the last segment: /a/*');
  if (/[{}]/.test(segment)) return checkParameter(segment, names);
  if (isDotSegment(segment))
    return new Refusal(
      '{value} has a dot segment',
      'the path it leads to: requests are normalised before they are matched',
    );
  return isPlainSegment(segment) ? null : checkSpelling(segment);
}

function checkParameter(segment: string, names: Set<string>): Refusal | null {
  if (!PARAMETER.test(segment)) return new Refusal('{value} has a malformed parameter', 'a whole segment such as {id}');
  if (names.has(segment)) return new Refusal(`{value} has the parameter ${segment} twice`, 'each name once');
  names.add(segment);
  return null;
}

/** True when the segment is spelled as normalisation leaves it. */
function isPlainSegment(segment: string): boolean {
  return SEGMENT.test(segment) && !segment.includes('*') && normaliseSegment(segment) === segment;
}

function checkSpelling(segment: string): Refusal {
  if (/[?#]/.test(segment)) return new Refusal('{value} has a query or fragment', 'the path alone (use match.query)');
  if (!SEGMENT.test(segment)) return new Refusal('{value} has a character that no path can hold', 'it percent-encoded');
  return new Refusal(
    '{value} is not in the form that requests are compared in',
    JSON.stringify(normaliseSegment(segment)),
  );
}

/** Decodes percent-encoded unreserved characters and writes the others in capitals (RFC 3986, section 6.2.2). */
function normaliseSegment(segment: string): string {
  return segment.replace(/%[0-9A-Fa-f]{2}/g, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase();
  });
}

function isDotSegment(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}
