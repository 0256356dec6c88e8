/** Parameters of a request as the values that their schemas are about (OpenAPI 3.1, section 4.8.12: styles). */
import type { Decision } from '../../decision.ts';
import type { ParameterPlace, Shape, ValidatedOperation, ValidatedParameter } from './options.ts';

export type ParameterValues = Readonly<Record<ParameterPlace, Record<string, unknown>>>;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const DELIMITERS = { form: ',', simple: ',', deepObject: ',', spaceDelimited: ' ', pipeDelimited: '|' } as const;
const DEEP = /^([^[\]]+)\[([^[\]]*)\]/;

/** @param path values of the path's parameters */
export function readParameters(
  { request, query: written }: Decision,
  operation: ValidatedOperation,
  path: ReadonlyMap<string, string>,
): ParameterValues {
  const values = { query: record(), path: record(), header: record(), cookie: record() };
  // What begins with `?` would lose it.
  const query = new Pairs(new URLSearchParams(`&${written ?? ''}`));
  const cookies = new Pairs(cookiePairs(request.header('cookie')));
  for (const parameter of operation.parameters) {
    const into = values[parameter.in];
    const { name } = parameter;
    let value: unknown;
    if (parameter.in === 'query') value = fromPairs(query, parameter);
    else if (parameter.in === 'cookie') value = fromPairs(cookies, parameter);
    else {
      const text = parameter.in === 'path' ? (path.get(name) ?? request.pathParameter(name)) : request.header(name);
      if (text !== null) value = fromText(text, parameter);
    }
    if (value !== undefined) into[name] = value;
  }
  for (const name of query.unread()) values.query[name] = '';
  return values;
}

/** Without a prototype: a parameter may be called `__proto__`. */
function record(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

/** Decoded names and values, and which of them have been read. */
class Pairs {
  readonly #values = new Map<string, string[]>();
  readonly #read = new Set<string>();

  constructor(pairs: Iterable<readonly [string, string]>) {
    for (const [name, value] of pairs) {
      const list = this.#values.get(name);
      if (list === undefined) this.#values.set(name, [value]);
      else list.push(value);
    }
  }

  take(name: string): readonly string[] | undefined {
    this.#read.add(name);
    return this.#values.get(name);
  }

  *names(): Iterable<string> {
    yield* this.#values.keys();
  }

  unread(): string[] {
    return [...this.#values.keys()].filter((name) => !this.#read.has(name));
  }
}

function cookiePairs(header: string | null): [string, string][] {
  if (header === null) return [];
  return header.split(';').map((pair) => {
    const equals = pair.indexOf('=');
    return equals === -1 ? [pair.trim(), ''] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
  });
}

function fromPairs(pairs: Pairs, { name, style, explode, shape }: ValidatedParameter): unknown {
  if (shape.properties !== null) {
    const object =
      style === 'deepObject'
        ? deepObject(pairs, name, shape.properties)
        : explode
          ? spread(pairs, shape.properties)
          : null;
    if (object !== null) return object;
  }
  const list = pairs.take(name) ?? (shape.items === null ? undefined : pairs.take(`${name}[]`));
  if (list === undefined) return undefined;
  // Twice is an error where no list is meant: whoever reads it next may take the other one.
  if (list.length > 1 || (shape.items !== null && explode))
    return list.map((text) => scalar(text, shape.items ?? shape));
  return fromText(list[0]!, { style, explode: false, shape });
}

/** `name[key]=value`; keys within keys are read, and not looked into. */
function deepObject(pairs: Pairs, name: string, properties: NonNullable<Shape['properties']>): unknown {
  let object: Record<string, unknown> | null = null;
  for (const key of pairs.names()) {
    const match = DEEP.exec(key);
    if (match === null || match[1] !== name) continue;
    const list = pairs.take(key)!;
    object ??= record();
    const shape = properties.find(([property]) => property === match[2])?.[1];
    if (shape === undefined || match[0].length < key.length) continue;
    object[match[2]!] = list.length > 1 ? list.map((text) => scalar(text, shape)) : scalar(list[0]!, shape);
  }
  return object;
}

/** An object in style `form`, exploded: its members are parameters. */
function spread(pairs: Pairs, properties: NonNullable<Shape['properties']>): unknown {
  let object: Record<string, unknown> | null = null;
  for (const [property, shape] of properties) {
    const list = pairs.take(property);
    if (list === undefined) continue;
    object ??= record();
    object[property] = list.length > 1 ? list.map((text) => scalar(text, shape)) : scalar(list[0]!, shape);
  }
  return object;
}

function fromText(
  text: string,
  { style, explode, shape }: Pick<ValidatedParameter, 'style' | 'explode' | 'shape'>,
): unknown {
  const parts = (): string[] => (text === '' ? [] : text.split(DELIMITERS[style]).map((part) => part.trim()));
  if (shape.items !== null) return parts().map((part) => scalar(part, shape.items!));
  if (shape.properties === null || shape.scalars.length > 0) return scalar(text, shape);
  const pieces = parts();
  const pairs = explode
    ? pieces.map((part): [string, string] => [part.split('=', 1)[0]!, part.slice(part.indexOf('=') + 1)])
    : pieces.flatMap((part, at): [string, string][] => (at % 2 === 0 ? [[part, pieces[at + 1] ?? '']] : []));
  const object = record();
  for (const [name, value] of pairs) {
    const inner = shape.properties.find(([property]) => property === name)?.[1];
    object[name] = inner === undefined ? value : scalar(value, inner);
  }
  return object;
}

/** Text as what its schema wants, where it is the spelling of that; else it stays text, and the schema says so. */
function scalar(text: string, { scalars }: Shape): unknown {
  if (scalars.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (scalars.includes('number') && NUMBER.test(text)) return Number(text);
  if (scalars.includes('null') && text === '') return null;
  return text;
}
