/** Secrets in paths, queries, forms and whole URLs. */
import type { Found } from './hide-secrets.ts';
import type { SecretNames } from './secret-names.ts';

/** A parameter inside a value that is a URL or a query itself. */
const INNER_PARAMETER = /(?:^|[?&;#/])([^=?&;#/]{1,128})=/g;
/** `user:password` of a URL within a value. */
const INNER_USER = /\/\/([^/@?#\s]+)@/g;
/** The value is replaced as a whole, and no more of its secrets are searched for elsewhere than this. */
const MOST_INNER = 32;
/** Escapes within escapes are looked through this often. */
const DECODINGS = 3;

/** The value of a header such as Referer. */
export function hideInUrl(url: string, names: SecretNames, found: Found): string {
  const anonymous = url.replace(/\/\/([^/@?#]*)@/, (_, user: string) => {
    return `//${found.replace(user, ...user.split(':'))}@`;
  });
  const mark = anonymous.search(/[?#]/);
  if (mark === -1) return hideInPath(anonymous, names, found);
  const rest = anonymous.slice(mark + 1).split('#');
  const hidden = rest.map((part) => hideInQuery(part, names, found)).join('#');
  return `${hideInPath(anonymous.slice(0, mark), names, found)}${anonymous[mark]}${hidden}`;
}

/** `/shop;jsessionid=SECRET/cart`, `/token=SECRET`. */
export function hideInPath(path: string, names: SecretNames, found: Found): string {
  if (!/[=%]/.test(path)) return path;
  return path.replace(/([^/;%]|%(?!3b))+|(;|%3b)[^/]*/gi, (piece, _, mark: string | undefined) =>
    mark === undefined ? hideInQuery(piece, names, found) : mark + hideInQuery(piece.slice(mark.length), names, found),
  );
}

/** A query without its question mark, or the body of a form. */
export function hideInQuery(query: string, names: SecretNames, found: Found): string {
  return query
    .split('&')
    .map((pair) => hideInPair(pair, names, found))
    .join('&');
}

function hideInPair(pair: string, names: SecretNames, found: Found): string {
  const mark = pair.indexOf('=');
  const value = pair.slice(mark + 1);
  if (mark === -1 || !names.hasParameter(decodeEach(pair.slice(0, mark)))) {
    return pair.slice(0, mark + 1) + hideInValue(value, names, found);
  }
  return `${pair.slice(0, mark + 1)}${found.replace(decodeWhole(value), value)}`;
}

/** A value may be a query, or a URL with one, in which there is a secret: then it is one itself, whatever else is in it. */
export function hideInValue(value: string, names: SecretNames, found: Found): string {
  let decoded = value;
  for (let i = 0; i < DECODINGS; i++) {
    const inner = innerSecrets(decoded, names);
    if (inner.length > 0) return found.replace(value, decoded, ...inner);
    if (!decoded.includes('%')) break;
    decoded = decodeEach(decoded);
  }
  return value;
}

function innerSecrets(text: string, names: SecretNames): string[] {
  const secrets: string[] = [];
  for (const { 0: begin, 1: name, index } of text.matchAll(INNER_PARAMETER)) {
    if (secrets.length === MOST_INNER) break;
    if (!names.hasParameter(name!)) continue;
    secrets.push(decodeWhole(text.slice(index + begin.length).split(/[&;#>"\s]/, 1)[0]!));
  }
  for (const [, user] of text.matchAll(INNER_USER)) {
    if (secrets.length >= MOST_INNER) break;
    secrets.push(user!, ...user!.split(':', 2));
  }
  return secrets;
}

/** Each escape by itself, so that a broken one hides no other. */
function decodeEach(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** So that a secret has one pseudonym however it was escaped; one that cannot be decoded stands for itself. */
function decodeWhole(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
