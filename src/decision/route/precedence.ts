import type { RouteMatch } from './route-match.ts';

/**
 * Which of two routes with the same path is tried first: negative for `a`. A method named beats any method, then more header
 * conditions, then more query conditions. Equal routes keep their order in the file.
 */
export function compareSamePath(a: RouteMatch, b: RouteMatch): number {
  return (
    Number(b.methods.length > 0) - Number(a.methods.length > 0) ||
    b.headers.length - a.headers.length ||
    b.query.length - a.query.length
  );
}
