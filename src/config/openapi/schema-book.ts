/**
 * Schemas of a document as acceptors use them: JSON Schema 2020-12, without what is not needed for checking, those that are
 * referred to each under a name of its own. Only what is asked for, and what that refers to, is kept.
 */
import { compileLinearPattern } from '../../decision/policies/validate/linear-pattern.ts';
import { isRecord } from '../source/source.ts';
import { DocumentError } from './document-error.ts';
import { resolvePointer } from './resolve-pointer.ts';

/** `3.0`: the Schema Object of OpenAPI 3.0, else JSON Schema 2020-12. */
export type Dialect = '3.0' | '2020-12';

type Schema = Readonly<Record<string, unknown>>;

const KEPT = new Set([
  ...['type', 'enum', 'const', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'maxContains', 'minContains'],
  ...['maxProperties', 'minProperties', 'required', 'dependentRequired', 'format'],
]);
const WITH_SCHEMA = new Set([
  ...['items', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'],
  ...['additionalProperties', 'unevaluatedItems', 'unevaluatedProperties'],
]);
const WITH_MAP = new Set(['properties', 'patternProperties', 'dependentSchemas']);
const WITH_LIST = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
/** Would change what is checked, and are not understood here: better refused than passed over. */
const REFUSED = new Set(['$dynamicRef', '$recursiveRef', 'dependencies', 'additionalItems']);

export class SchemaBook {
  /** By name. */
  readonly schemas: Record<string, unknown> = {};
  readonly #document: unknown;
  readonly #dialect: Dialect;
  readonly #names = new Map<string, string>();

  constructor(document: unknown, dialect: Dialect) {
    this.#document = document;
    this.#dialect = dialect;
  }

  /** Takes a schema in. @param at JSON pointer to it in the document @returns its name @throws DocumentError */
  add(schema: unknown, at: string): string {
    const known = this.#names.get(at);
    if (known !== undefined) return known;
    const name = `s${this.#names.size}`;
    this.#names.set(at, name);
    this.schemas[name] = this.#convert(schema, at);
    return name;
  }

  /** Takes in a schema that is made and not written. */
  addMade(schema: Schema): string {
    const name = `s${this.#names.size}`;
    this.#names.set(` ${name}`, name);
    this.schemas[name] = schema;
    return name;
  }

  #convert(schema: unknown, at: string): unknown {
    if (typeof schema === 'boolean') return schema;
    if (!isRecord(schema)) throw new DocumentError(at, 'is not a schema');
    const reference = schema['$ref'];
    if (reference !== undefined) {
      const $ref = `#/$defs/${this.#referred(reference, at)}`;
      // In 3.0, what stands beside a reference is not read (section 4.7.23).
      return this.#dialect === '3.0' ? { $ref } : { $ref, ...this.#converted(schema, at) };
    }
    return this.#converted(schema, at);
  }

  #converted(schema: Schema, at: string): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(schema)) {
      const here = `${at}/${key}`;
      if (REFUSED.has(key)) throw new DocumentError(here, 'is not supported');
      if (KEPT.has(key)) result[key] = value;
      else if (WITH_SCHEMA.has(key)) result[key] = this.#convert(value, here);
      else if (WITH_MAP.has(key)) result[key] = this.#convertMap(key, value, here);
      else if (WITH_LIST.has(key)) result[key] = this.#convertList(value, here);
    }
    if (typeof result['pattern'] === 'string') checkPattern(result['pattern'], `${at}/pattern`);
    this.#leaveOutReadOnly(schema, result);
    if (this.#dialect === '3.0') toLaterDialect(schema, result);
    return result;
  }

  #convertMap(key: string, map: unknown, at: string): Record<string, unknown> {
    if (!isRecord(map)) throw new DocumentError(at, 'is not a map of schemas');
    if (key === 'patternProperties') for (const pattern of Object.keys(map)) checkPattern(pattern, at);
    return Object.fromEntries(
      Object.entries(map).map(([name, schema]) => [name, this.#convert(schema, `${at}/${escaped(name)}`)]),
    );
  }

  #convertList(list: unknown, at: string): unknown[] {
    if (!Array.isArray(list) || list.length === 0) throw new DocumentError(at, 'is not a list of schemas');
    return list.map((schema, index) => this.#convert(schema, `${at}/${index}`));
  }

  #referred(reference: unknown, at: string): string {
    const [pointer, schema] = resolvePointer(this.#document, reference, at);
    return this.add(schema, pointer);
  }

  /** What only responses hold is not required of a request (OpenAPI 3.1, section 4.8.24.4). */
  #leaveOutReadOnly(schema: Schema, result: Record<string, unknown>): void {
    const { required, properties } = schema;
    if (!Array.isArray(required) || !isRecord(properties)) return;
    result['required'] = required.filter((name: unknown) => {
      let property = typeof name === 'string' && Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (isRecord(property) && typeof property['$ref'] === 'string')
        property = resolvePointer(this.#document, property['$ref'], '')[1];
      return !isRecord(property) || property['readOnly'] !== true;
    });
  }
}

/** What OpenAPI 3.0 writes in its own way (section 4.7.24). */
function toLaterDialect(schema: Schema, result: Record<string, unknown>): void {
  const { nullable, type } = schema;
  if (nullable === true && typeof type === 'string') {
    result['type'] = [type, 'null'];
    const values = schema['enum'];
    if (Array.isArray(values) && !values.includes(null)) result['enum'] = [...values, null];
  }
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue;
    delete result[exclusive];
    if (schema[exclusive] !== true || schema[bound] === undefined) continue;
    result[exclusive] = schema[bound];
    delete result[bound];
  }
}

function checkPattern(pattern: string, at: string): void {
  try {
    compileLinearPattern(pattern);
  } catch (error) {
    throw new DocumentError(at, `cannot be matched in linear time: ${(error as Error).message}`);
  }
}

/** RFC 6901, section 3. */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
