/** Operations of an OpenAPI document as the policy `validate` takes them. */
import type {
  ParameterPlace,
  ValidatedBody,
  ValidatedOperation,
  ValidatedParameter,
} from '../../decision/policies/validate/options.ts';
import { PARAMETER_PLACES } from '../../decision/policies/validate/options.ts';
import { isRecord, valueAt } from '../source/source.ts';
import { DocumentError } from './document-error.ts';
import { resolvePointer } from './resolve-pointer.ts';
import { type Dialect, escaped, SchemaBook } from './schema-book.ts';
import { shapeOf } from './shape-of.ts';

type Fields = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;
/** Described elsewhere in a document, and not read as parameters (OpenAPI 3.1, section 4.8.12.2). */
const OTHER_HEADERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization']);
const JSON_TYPE = /^(application\/json|text\/json|[^/\s]+\/[^\s]+\+json)$/;
const STYLES = ['form', 'simple', 'deepObject', 'spaceDelimited', 'pipeDelimited'] as const;

export interface OpenApi {
  readonly operations: readonly ValidatedOperation[];
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Path of its first server, without a slash at the end. */
  readonly basePath: string;
}

/** @param only an operationId; null: all of them @throws DocumentError */
export function readOpenApi(document: Fields, only: string | null, strictQuery: boolean): OpenApi {
  return new Reader(document, dialectOf(document), strictQuery).read(only);
}

function dialectOf(document: Fields): Dialect {
  const version = document['openapi'];
  if (typeof version === 'string' && /^3\.0\.\d/.test(version)) return '3.0';
  if (typeof version === 'string' && /^3\.1\.\d/.test(version)) return '2020-12';
  throw new DocumentError('/openapi', `is ${JSON.stringify(version) ?? 'missing'}, expected 3.0.x or 3.1.x`);
}

class Reader {
  readonly #document: Fields;
  readonly #book: SchemaBook;
  readonly #strictQuery: boolean;

  constructor(document: Fields, dialect: Dialect, strictQuery: boolean) {
    this.#document = document;
    this.#strictQuery = strictQuery;
    this.#book = new SchemaBook(document, dialect);
  }

  read(only: string | null): OpenApi {
    const paths = this.#map(this.#document['paths'] ?? {}, '/paths');
    const operations = Object.keys(paths).flatMap((path) =>
      this.#readPath(path, `#/paths/${escaped(path)}`, paths[path], only),
    );
    if (only !== null && operations.length === 0)
      throw new DocumentError('', `has no operation ${JSON.stringify(only)}`);
    return { operations, schemas: this.#book.schemas, basePath: basePathOf(this.#document) };
  }

  #readPath(path: string, at: string, written: unknown, only: string | null): ValidatedOperation[] {
    if (!path.startsWith('/')) return [];
    const item = this.#map(this.#resolved(written, at), at);
    return METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      const here = `${at}/${method}`;
      const map = this.#map(operation, here);
      if (only !== null && map['operationId'] !== only) return [];
      const read = this.#readOperation(map, here, [
        ...this.#list(item['parameters'], at),
        ...this.#list(map['parameters'], here),
      ]);
      const name = typeof map['operationId'] === 'string' ? map['operationId'] : `${method.toUpperCase()} ${path}`;
      return [{ name, method: only === null ? method.toUpperCase() : null, path, ...read }];
    });
  }

  #readOperation(
    map: Fields,
    at: string,
    written: readonly (readonly [unknown, string])[],
  ): Omit<ValidatedOperation, 'name' | 'method' | 'path'> {
    // Those of the operation take the place of those of its path.
    const byName = new Map<string, { readonly map: Fields; readonly at: string; readonly in: ParameterPlace }>();
    for (const [one, here] of written) {
      const parameter = this.#map(this.#resolved(one, here), here);
      const place = PARAMETER_PLACES.find((known) => known === parameter['in']);
      const { name } = parameter;
      if (place === undefined || typeof name !== 'string') throw new DocumentError(here, 'is not a parameter');
      if (place === 'header' && OTHER_HEADERS.has(name.toLowerCase())) continue;
      byName.set(`${place} ${name}`, { map: parameter, at: here, in: place });
    }
    const parameters: ValidatedParameter[] = [];
    const objects = new ParameterObjects(this.#strictQuery);
    for (const parameter of byName.values()) {
      const { map: about, at: here, in: place } = parameter;
      const name = place === 'header' ? String(about['name']).toLowerCase() : String(about['name']);
      const isRequired = about['required'] === true || place === 'path';
      const schema = about['schema'] === undefined ? null : this.#book.add(about['schema'], `${here}/schema`);
      objects.add(place, name, schema, isRequired);
      parameters.push(this.#parameter(about, place, name, schema));
    }
    const made = objects.schema();
    const parametersSchema = made === null ? null : this.#book.addMade(made);
    return { parameters, parametersSchema, body: this.#readBody(map['requestBody'], `${at}/requestBody`) };
  }

  #parameter(about: Fields, place: ParameterPlace, name: string, schema: string | null): ValidatedParameter {
    const usual = place === 'query' || place === 'cookie' ? 'form' : 'simple';
    const style = STYLES.find((known) => known === about['style']) ?? usual;
    const { explode } = about;
    return {
      in: place,
      name,
      style,
      explode: typeof explode === 'boolean' ? explode : style === 'form',
      shape: shapeOf(schema, this.#book.schemas),
    };
  }

  #readBody(written: unknown, at: string): ValidatedBody | null {
    if (written === undefined) return null;
    const body = this.#map(this.#resolved(written, at), at);
    const content = Object.entries(this.#map(body['content'] ?? {}, `${at}/content`)).map(([key, media]) => {
      const type = key.split(';', 1)[0]!.trim().toLowerCase();
      const here = `${at}/content/${escaped(key)}`;
      const schema = valueAt(media, ['schema']);
      const isJson = JSON_TYPE.test(type) || type.endsWith('/*');
      return { type, schema: isJson && schema !== undefined ? this.#book.add(schema, `${here}/schema`) : null };
    });
    return { required: body['required'] === true, content };
  }

  #resolved(value: unknown, at: string): unknown {
    if (!isRecord(value) || value['$ref'] === undefined) return value;
    return resolvePointer(this.#document, value['$ref'], at)[1];
  }

  #map(value: unknown, at: string): Fields {
    if (!isRecord(value)) throw new DocumentError(at, 'is not a map');
    return value;
  }

  /** Items with where they stand. */
  #list(value: unknown, at: string): [unknown, string][] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw new DocumentError(`${at}/parameters`, 'is not a list');
    return value.map((item, index) => [item, `${at}/parameters/${index}`]);
  }
}

/** Makes the schema of all parameters together. */
class ParameterObjects {
  readonly #places = new Map<ParameterPlace, { properties: Record<string, unknown>; required: string[] }>();
  readonly #strictQuery: boolean;

  constructor(strictQuery: boolean) {
    this.#strictQuery = strictQuery;
    if (strictQuery) this.#at('query');
  }

  add(place: ParameterPlace, name: string, schema: string | null, isRequired: boolean): void {
    const { properties, required } = this.#at(place);
    properties[name] = schema === null ? true : { $ref: `#/$defs/${schema}` };
    if (isRequired) required.push(name);
  }

  schema(): Fields | null {
    if (this.#places.size === 0) return null;
    const places = [...this.#places].map(([place, { properties, required }]) => {
      const isClosed = place === 'query' && this.#strictQuery;
      return [place, { type: 'object', properties, required, ...(isClosed ? { additionalProperties: false } : {}) }];
    });
    return { type: 'object', properties: Object.fromEntries(places) as Fields };
  }

  #at(place: ParameterPlace): { properties: Record<string, unknown>; required: string[] } {
    let object = this.#places.get(place);
    if (object === undefined) {
      object = { properties: {}, required: [] };
      this.#places.set(place, object);
    }
    return object;
  }
}

function basePathOf(document: Fields): string {
  const url = valueAt(document, ['servers', 0, 'url']);
  if (typeof url !== 'string') return '';
  const path = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/[^/]*)?(\/[^?#{]*)?$/.exec(url)?.[1] ?? '';
  return path.replace(/\/+$/, '');
}
