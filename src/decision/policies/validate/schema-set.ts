import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { FORMATS } from './formats.ts';
import { compileLinearPattern } from './linear-pattern.ts';

/** Loaded when a route first needs it: an acceptor without schemas does without. */
const load = createRequire(import.meta.url);

const ID = 'penstock:schemas';
const REFERENCE = /"\$ref":"#\/\$defs\/([^"]+)"/g;

/** Schemas by name, compiled one by one when they are first asked for. */
export class SchemaSet {
  readonly #schemas: Readonly<Record<string, unknown>>;
  #first: Ajv | null = null;
  #all: Ajv | null = null;

  /** @param text JSON text, see `ValidateOptions.schemas` */
  constructor(text: string) {
    this.#schemas = JSON.parse(text) as Record<string, unknown>;
  }

  get names(): readonly string[] {
    return Object.keys(this.#schemas);
  }

  /**
   * What is wrong with a value; empty: nothing.
   *
   * @param all false: stops at the first
   */
  check(name: string, value: unknown, all: boolean): readonly ErrorObject[] {
    const validate = this.validator(name, all);
    return validate(value) ? [] : validate.errors!;
  }

  /** @throws Error for a schema that cannot be compiled */
  validator(name: string, all: boolean): ValidateFunction {
    const ajv = all ? (this.#all ??= this.#make(true)) : (this.#first ??= this.#make(false));
    return ajv.getSchema(`${ID}#/$defs/${name}`)!;
  }

  /** Says what is not a schema at all; what its keywords hold. */
  checkForm(report: (problem: string) => void): void {
    const ajv = this.#make(false);
    for (const schema of Object.values(this.#schemas)) {
      if (!ajv.validateSchema(schema as object)) report(ajv.errorsText(ajv.errors, { dataVar: '' }));
    }
  }

  /** JSON text of this schema and those it refers to alone. */
  textOf(name: string): string {
    const found: Record<string, unknown> = {};
    this.#collect(name, found);
    return JSON.stringify(found);
  }

  /** Whether a value may hold a value of the same schema, however deep. */
  isRecursive(name: string): boolean {
    const isOpen = new Map<string, boolean>();
    const visit = (at: string): boolean => {
      const known = isOpen.get(at);
      if (known !== undefined) return known;
      isOpen.set(at, true);
      if (this.#referred(at).some(visit)) return true;
      isOpen.set(at, false);
      return false;
    };
    return visit(name);
  }

  #collect(name: string, into: Record<string, unknown>): void {
    if (Object.hasOwn(into, name)) return;
    into[name] = this.#schemas[name];
    for (const other of this.#referred(name)) this.#collect(other, into);
  }

  #referred(name: string): string[] {
    return [...JSON.stringify(this.#schemas[name]).matchAll(REFERENCE)].map((match) => match[1]!);
  }

  #make(allErrors: boolean): Ajv {
    const { Ajv2020 } = load('ajv/dist/2020') as typeof import('ajv/dist/2020.js');
    const regExp = Object.assign((pattern: string) => compileLinearPattern(pattern), { code: 'compileLinearPattern' });
    const ajv = new Ajv2020({
      strict: false,
      allErrors,
      logger: false,
      validateSchema: false,
      unicodeRegExp: false,
      // 19.99 is a multiple of 0.01, though not in binary fractions.
      multipleOfPrecision: 9,
      formats: FORMATS,
      code: { regExp },
    });
    ajv.removeKeyword('uniqueItems');
    ajv.addKeyword({
      keyword: 'uniqueItems',
      type: 'array',
      schemaType: 'boolean',
      validate: (wanted: boolean, items: readonly unknown[]) => !wanted || areUnique(items),
      error: { message: 'must NOT have duplicate items' },
    });
    return ajv.addSchema({ $id: ID, $defs: this.#schemas });
  }
}

/** In linear time, which ajv's own comparison of each with each is not. */
function areUnique(items: readonly unknown[]): boolean {
  return new Set(items.map((item) => JSON.stringify(sorted(item)))).size === items.length;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, item]) => [name, sorted(item)]).concat([['{}']]);
}
