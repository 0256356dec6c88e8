import type { Decision } from './decision.ts';
import type { Claims } from './found-identity.ts';
import { toHeaderValue } from './header-changes.ts';

/**
 * Text with facts of the exchange in it: `Bearer of ${claims.sub}, from ${client.ip}`. Taken apart once, when a policy is made.
 *
 *   client.ip  consumer.name  route.name  listener
 *   client.certificate.subject  .issuer  .fingerprint  .serial  .names   see client-certificate.ts
 *   request.id  request.method  request.scheme  request.host  request.path  request.query
 *   header.NAME   a request header, as it stands after the policies so far
 *   query.NAME    the first parameter of this name, decoded
 *   path.NAME     a parameter of the route's path, escapes and all
 *   claims.NAME   a claim; claims.a.b is `b` within `a`, unless a claim is called `a.b`
 *
 * `$${` stands for `${`. A value that is not there is absent; what that means is for each use to say.
 */

/** Where parameters of a path are looked up. */
export interface PathParameters {
  pathParameter(name: string): string | null;
}

/** One value that a template names. */
export interface Value {
  /** As written, without the braces. */
  readonly name: string;
  /** Whether its characters are bytes (latin1), as headers have them, and not text. */
  readonly isLatin1: boolean;
  read(decision: Decision, parameters: PathParameters): string | null;
}

type Piece = string | Value;
type Read = Value['read'];

const FACTS: Readonly<Record<string, Read>> = {
  'client.ip': ({ request }) => request.clientIp || null,
  'client.certificate.subject': ({ request }) => request.clientCertificate?.subject ?? null,
  'client.certificate.issuer': ({ request }) => request.clientCertificate?.issuer ?? null,
  'client.certificate.fingerprint': ({ request }) => request.clientCertificate?.fingerprint ?? null,
  'client.certificate.serial': ({ request }) => request.clientCertificate?.serial ?? null,
  'client.certificate.names': ({ request }) => request.clientCertificate?.names ?? null,
  'consumer.name': ({ consumer }) => consumer?.name ?? null,
  'route.name': ({ route }) => route.name,
  'request.id': ({ request }) => request.requestId,
  'request.method': ({ request }) => request.method,
  'request.scheme': ({ request }) => request.scheme,
  'request.host': ({ request }) => request.host,
  'request.path': ({ request }) => request.path,
  'request.query': ({ request }) => request.query,
  listener: ({ request }) => request.listener,
};

const FAMILIES: Readonly<Record<string, (key: string) => Read>> = {
  header: (key) => {
    const name = key.toLowerCase();
    return (decision) => decision.header(name);
  },
  query: (key) => {
    // What begins with `?` would lose it.
    return ({ request: { query } }) => (query === null ? null : new URLSearchParams(`&${query}`).get(key));
  },
  path: (key) => (_, parameters) => parameters.pathParameter(key),
  claims: (key) => {
    const names = key.split('.');
    return ({ claims }) => (claims === null ? null : claimText(claims, key, names));
  },
};

/** The names there are, for messages. */
export const VALUE_NAMES: readonly string[] = [
  ...Object.keys(FACTS),
  ...Object.keys(FAMILIES).map((family) => `${family}.NAME`),
];

/** A value in its braces, or an escape of what would be one. Anything else is plain text, `$` and braces too. */
const PLACE = /\$\$\{|\$\{([a-z]+(?:\.[^{}]*)?)\}/g;

/** Whether text in braces has the form of a value, known or not. Those with a colon are references of the config. */
export function isValueName(text: string): boolean {
  return /^[a-z]+(?:\.[^{}]*)?$/.test(text);
}

/** The names in a template that stand for nothing. */
export function unknownValues(text: string): readonly string[] {
  return [...text.matchAll(PLACE)].flatMap(([, name]) => (name === undefined || readerOf(name) !== null ? [] : [name]));
}

export class ValueTemplate {
  /** Its text when that is always the same, else null. */
  readonly constant: string | null;
  readonly #pieces: readonly Piece[];

  private constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.constant = pieces.every((piece) => typeof piece === 'string') ? pieces.join('') : null;
  }

  /** @throws TypeError for a name that stands for nothing: a config is checked with `unknownValues` before */
  static compile(text: string): ValueTemplate {
    const pieces: Piece[] = [];
    let end = 0;
    for (const match of text.matchAll(PLACE)) {
      pieces.push(text.slice(end, match.index), match[1] === undefined ? '${' : valueNamed(match[1]));
      end = match.index + match[0].length;
    }
    pieces.push(text.slice(end));
    return new ValueTemplate(pieces.filter((piece) => piece !== ''));
  }

  /** The values it names, in order. */
  get values(): readonly Value[] {
    return this.#pieces.filter((piece) => typeof piece !== 'string');
  }

  /** The same template with each value as this text. */
  withText(textOf: (value: Value) => string): string {
    return this.#pieces.map((piece) => (typeof piece === 'string' ? piece : textOf(piece))).join('');
  }

  /** Parts it at the first such character that is not within a value; null: there is none. */
  split(character: string): readonly [ValueTemplate, ValueTemplate] | null {
    for (const [index, piece] of this.#pieces.entries()) {
      const at = typeof piece === 'string' ? piece.indexOf(character) : -1;
      if (at === -1) continue;
      const text = piece as string;
      const before = [...this.#pieces.slice(0, index), text.slice(0, at)];
      const after = [text.slice(at + character.length), ...this.#pieces.slice(index + 1)];
      return [new ValueTemplate(before), new ValueTemplate(after)];
    }
    return null;
  }

  /** Parts it before the first such character or value of this name, which begins the second part; null: there is none. */
  splitBefore(character: string, name: string): readonly [ValueTemplate, ValueTemplate] | null {
    for (const [index, piece] of this.#pieces.entries()) {
      const at = typeof piece === 'string' ? piece.indexOf(character) : piece.name === name ? 0 : -1;
      if (at === -1) continue;
      const halves = typeof piece === 'string' ? [[piece.slice(0, at)], [piece.slice(at)]] : [[], [piece]];
      const before = [...this.#pieces.slice(0, index), ...halves[0]!];
      return [new ValueTemplate(before), new ValueTemplate([...halves[1]!, ...this.#pieces.slice(index + 1)])];
    }
    return null;
  }

  /** The same template with its own text written anew. */
  withLiterals(write: (text: string) => string): ValueTemplate {
    return new ValueTemplate(this.#pieces.map((piece) => (typeof piece === 'string' ? write(piece) : piece)));
  }

  /** As a header's value, which nothing in it can end; null when one of its values is absent. */
  header(decision: Decision): string | null {
    if (this.constant !== null) return this.constant;
    return this.render(decision, decision.request, headerText);
  }

  /** Each value as `write` spells it; null when one is absent. */
  render(
    decision: Decision,
    parameters: PathParameters,
    write: (text: string, value: Value) => string | null,
  ): string | null {
    let out = '';
    for (const piece of this.#pieces) {
      if (typeof piece === 'string') {
        out += piece;
        continue;
      }
      const text = piece.read(decision, parameters);
      const written = text === null ? null : write(text, piece);
      if (written === null) return null;
      out += written;
    }
    return out;
  }
}

function headerText(text: string, { isLatin1 }: Value): string {
  return isLatin1 ? text.replace(/[^\t\x20-\x7e\x80-\xff]/g, ' ') : toHeaderValue(text);
}

function valueNamed(name: string): Value {
  const read = readerOf(name);
  if (read === null) throw new TypeError(`nothing is called ${name} in a template`);
  return { name, isLatin1: name.startsWith('header.'), read };
}

function readerOf(name: string): Read | null {
  if (Object.hasOwn(FACTS, name)) return FACTS[name]!;
  const dot = name.indexOf('.');
  const family = name.slice(0, dot);
  const key = name.slice(dot + 1);
  return dot > 0 && key !== '' && Object.hasOwn(FAMILIES, family) ? FAMILIES[family]!(key) : null;
}

function claimText(claims: Claims, key: string, names: readonly string[]): string | null {
  if (Object.hasOwn(claims, key)) return scalarText(claims[key]);
  let value: unknown = claims;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return scalarText(value);
}

/** Lists joined by commas. A map has no text. */
function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return null;
  const texts = value.map((item) => (Array.isArray(item) ? null : scalarText(item)));
  return texts.includes(null) ? null : texts.join(',');
}
