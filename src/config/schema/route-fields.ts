/** Fields of a route's `match`: path patterns, methods, header and query conditions. */
import { z } from 'zod';
import { normalisePath } from '../../decision/normalise-path.ts';
import { compileLinearRegExp } from '../../decision/route/linear-regexp.ts';
import { parsePathPattern } from '../../decision/route/path-pattern.ts';
import { parsed, parsedText, Refusal } from './fields.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A path pattern, as the route table reads it. */
export function pathPattern(): z.ZodType<string> {
  const about = {
    type: 'path pattern',
    expected: '/a, /a/*, /users/{id} or ~regular-expression',
    json: { examples: ['/health', '/catalog/*', '/users/{id}', '~^/v[0-9]+/'] },
  };
  return parsedText(about, (input) => {
    if (input.startsWith('~')) return checkExpression(input);
    try {
      parsePathPattern(input);
      return input;
    } catch (error) {
      return new Refusal(`{value} is no path pattern (${(error as Error).message})`);
    }
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
    const isWhole = input.startsWith('/') && !input.endsWith('/') && !/[*{}?#]/.test(input);
    if (!isWhole) return new Refusal('{value} is not a path prefix');
    const normal = normalisePath(input, { encodedSlash: 'keep', emptySegments: 'reject' });
    if (normal === null) return new Refusal('{value} is not a path prefix');
    return normal === input
      ? input
      : Refusal.misspelt('{value} is not in the form that requests are compared in', normal);
  });
}

/** An upper-case method token; methods are case-sensitive (RFC 9110, section 9.1). */
export function method(): z.ZodType<string> {
  const about = { type: 'method', expected: 'a method in capitals, such as GET', json: { examples: ['GET', 'POST'] } };
  return parsedText(about, (input) => {
    if (!TOKEN.test(input)) return new Refusal('{value} is not a method');
    return input === input.toUpperCase() ? input : Refusal.misspelt('{value} is not in capitals', input.toUpperCase());
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
