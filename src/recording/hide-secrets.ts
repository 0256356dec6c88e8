import { hideInPath, hideInQuery, hideInUrl, hideInValue } from './hide-in-targets.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import type { SecretNames } from './secret-names.ts';

/** The part of a request that may hold secrets. */
export interface Disclosed {
  /** Path as sent. */
  readonly path: string;
  /** Without its question mark; null: there is none. */
  readonly query: string | null;
  /** Lower-case names and values alternate. */
  readonly headers: readonly string[];
  /** Text of the body; null: none is wanted. */
  readonly body: string | null;
}

/** The same with pseudonyms. */
export interface Hidden {
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null also where secrets could not be told from the rest: then only its size and digest may be kept. */
  readonly body: string | null;
}

/** What is searched for in all of a request: not the words that cookies hold as well, and paths and headers by chance. */
const UNMISTAKABLE = /^(?=.*\d).{12}|^.{24}/s;

/** A request must not make recording it expensive by being full of them. */
const MOST_SEARCHED = 32;

/** Only these are kept as the scheme of an Authorization header: any other first word may be the secret itself. */
const SCHEMES = /^(?:basic|bearer|digest|dpop|gnap|hawk|hoba|mutual|negotiate|ntlm|oauth|token|api-?key|vapid) +/i;
/** Of headers such as Referer, and of members of JSON. */
const URL = /^(?:[a-z][a-z0-9+.-]*:\/)?\//i;
/** A JSON Web Token (RFC 7519), signed or encrypted: it gives itself away wherever it stands. */
const JWT = /(?:(?<![\w-])|(?<=%[0-9a-f]{2}))eyJ[\w-]{6,}(?:\.[\w-]*){2,4}/gi;
const ADDRESS_HEADERS: ReadonlySet<string> = new Set(
  'forwarded x-real-ip x-client-ip x-cluster-client-ip x-original-forwarded-for true-client-ip cf-connecting-ip fastly-client-ip client-ip'.split(
    ' ',
  ),
);

/** The secrets of one request, found so far. */
export class Found {
  readonly #pseudonyms: Pseudonyms;
  readonly #secrets: string[] = [];

  constructor(pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
  }

  /** @param asSent other spellings of the secret that stand in the request */
  replace(secret: string, ...asSent: readonly string[]): string {
    const pseudonym = this.#pseudonyms.of(secret);
    for (const spelling of [secret, ...asSent]) {
      if (this.#secrets.length === MOST_SEARCHED) break;
      if (UNMISTAKABLE.test(spelling) && !this.#secrets.includes(spelling)) this.#secrets.push(spelling);
    }
    return pseudonym;
  }

  address(text: string): string {
    return this.#pseudonyms.address(text) ?? this.replace(text);
  }

  /** Takes the secrets that were found, and tokens, out of a text where nobody looked for them. */
  takeOutOf(text: string): string {
    let clean = text.replace(JWT, (token) => this.#pseudonyms.of(token));
    for (const secret of this.#secrets) {
      if (clean.includes(secret)) clean = clean.replaceAll(secret, this.#pseudonyms.of(secret));
    }
    return clean;
  }
}

/**
 * Puts pseudonyms in the place of everything secret in a request, by the names of where it stands; and what was found
 * in such a place, and cannot be mistaken for something else, is replaced wherever it stands in the same request.
 */
export function hideSecrets(request: Disclosed, names: SecretNames, pseudonyms: Pseudonyms): Hidden {
  const found = new Found(pseudonyms);
  const headers: [string, string][] = [];
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = request.headers[i]!;
    headers.push([name, hideInHeader(name, request.headers[i + 1]!, names, found)]);
  }
  const path = hideInPath(request.path, names, found);
  const query = request.query === null ? '' : `?${hideInQuery(request.query, names, found)}`;
  const body = request.body === null ? null : hideInBody(request.body, request.headers, names, found);
  for (const pair of headers) pair[1] = found.takeOutOf(pair[1]);
  return {
    path: found.takeOutOf(`${path}${query}`),
    headers,
    body: body === null ? null : found.takeOutOf(body),
  };
}

function hideInHeader(name: string, value: string, names: SecretNames, found: Found): string {
  if (name === 'cookie') return hideInCookies(value, found);
  if (name === 'authorization' || name === 'proxy-authorization') return hideInAuthorization(value, found);
  if (name === 'set-cookie') return found.replace(value, value.slice(value.indexOf('=') + 1).split(';', 1)[0]!);
  // Clients that can set no other header put their tokens into this list.
  if (name === 'sec-websocket-protocol') return eachOf(value, (text) => found.replace(text));
  if (names.hasHeader(name)) return found.replace(value);
  if (ADDRESS_HEADERS.has(name)) return eachOf(value, (text) => found.address(text));
  return hideInText(value, names, found);
}

function eachOf(list: string, replace: (text: string) => string): string {
  return list
    .split(',')
    .map((text) => replace(text.trim()))
    .join(', ');
}

/** A value that nothing is known of. */
function hideInText(value: string, names: SecretNames, found: Found): string {
  return URL.test(value) ? hideInUrl(value, names, found) : hideInValue(value, names, found);
}

/** The credentials, and not the scheme, have the pseudonym: the same token in a query has the same. */
function hideInAuthorization(value: string, found: Found): string {
  const scheme = SCHEMES.exec(value)?.[0].trim();
  if (scheme === undefined) return found.replace(value, ...value.split(' '));
  return `${scheme} ${found.replace(value.slice(scheme.length).trim())}`;
}

/** Names stay, as a cookie's name says which it is (RFC 6265, section 4.2). */
function hideInCookies(value: string, found: Found): string {
  const pairs = value.split(';').map((pair) => {
    const text = pair.trim();
    const mark = text.indexOf('=');
    if (mark === -1) return found.replace(text);
    const [name, cookie] = [text.slice(0, mark).trim(), text.slice(mark + 1).trim()];
    const isQuoted = cookie.length >= 2 && cookie.startsWith('"') && cookie.endsWith('"');
    return `${name}=${found.replace(isQuoted ? cookie.slice(1, -1) : cookie)}`;
  });
  return pairs.join('; ');
}

/** Null: in a body of this kind secrets cannot be told from the rest. */
function hideInBody(body: string, headers: readonly string[], names: SecretNames, found: Found): string | null {
  const types = headers.filter((_, index) => headers[index - 1] === 'content-type' && index % 2 === 1);
  const type = types[0]?.toLowerCase() ?? '';
  if (types.length !== 1) return null;
  if (type.startsWith('application/x-www-form-urlencoded')) return hideInQuery(body, names, found);
  // Scripts in browsers send JSON and forms as text/plain, which needs no leave of the server.
  const isText = /^text\/|[/+]xml\b/.test(type);
  if (/[/+]json\b/.test(type) || (isText && /^\s*[[{]/.test(body))) return hideInJson(body, names, found);
  if (!isText) return null;
  return /\s/.test(body) ? body : hideInQuery(body, names, found);
}

function hideInJson(body: string, names: SecretNames, found: Found): string | null {
  let hidden = false;
  try {
    const value: unknown = JSON.parse(body, (name, member: unknown) => {
      const clean = names.hasParameter(name) ? hideAll(member, found) : hideInMember(member, names, found);
      if (clean !== member) hidden = true;
      return clean;
    });
    return hidden ? JSON.stringify(value) : body;
  } catch {
    return null;
  }
}

/** Under a name that says nothing: a URL, a query, or JSON once more. */
function hideInMember(member: unknown, names: SecretNames, found: Found): unknown {
  if (typeof member !== 'string') return member;
  if (!/^\s*[[{]/.test(member)) return hideInText(member, names, found);
  return hideInJson(member, names, found) ?? member;
}

/** All that stands under a secret name. Numbers are secrets, too: a PIN is one. */
function hideAll(value: unknown, found: Found): unknown {
  if (typeof value === 'string' || typeof value === 'number') return found.replace(String(value));
  if (Array.isArray(value)) return value.map((item) => hideAll(item, found));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, hideAll(member, found)]));
}
