/** The schema as JSON Schema: for editors, for the reference page, and for the keys that a misspelt one is compared with. */
import { z } from 'zod';
import type { ConfigPath } from '../diagnostics.ts';
import { configSchema } from './schema.ts';

/** The parts of a JSON Schema (2020-12) that zod writes for this config. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  /** `#/$defs/NAME`: what stands in more than one place. */
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

let cached: JsonSchema | null = null;

/** The config's JSON Schema, for what people write: fields with a default are not required. */
export function jsonSchema(): JsonSchema {
  cached ??= z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: nameRequired,
  }) as JsonSchema;
  return cached;
}

/** zod takes a field that is a transformation for optional; here each is required that has neither default nor `optional`. */
export function nameRequired({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: unknown;
  jsonSchema: { required?: string[] };
}): void {
  if (!(zodSchema instanceof z.ZodObject)) return;
  const isRequired = (field: unknown): boolean => !(field instanceof z.ZodPrefault || field instanceof z.ZodOptional);
  const required = Object.keys(zodSchema.shape).filter((key) => isRequired(zodSchema.shape[key]));
  if (required.length > 0) jsonSchema.required = required;
}

/** The keys that a map at this path may have. */
export function knownKeys(path: ConfigPath): string[] {
  let at: JsonSchema[] = [jsonSchema()];
  for (const step of path) at = at.flatMap((schema) => childrenOf(schema, step));
  return at.flatMap((schema) => alternatives(schema)).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

function childrenOf(schema: JsonSchema, step: string | number): JsonSchema[] {
  return alternatives(schema).flatMap((alternative) => {
    const child =
      typeof step === 'number'
        ? alternative.items
        : (alternative.properties?.[step] ?? alternative.additionalProperties);
    return child === undefined || child === false ? [] : [child];
  });
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) return alternatives(definition(schema.$ref));
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(alternatives);
}

/** What a reference stands for. @param ref `#/$defs/NAME` */
export function definition(ref: string): JsonSchema {
  return jsonSchema().$defs![ref.slice('#/$defs/'.length)]!;
}
