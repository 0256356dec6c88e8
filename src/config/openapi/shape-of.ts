import type { Shape } from '../../decision/policies/validate/options.ts';
import { isRecord } from '../source/source.ts';

const ANY: Shape = { scalars: [], items: null, properties: null };
/** Lists of objects of lists are no parameters that anybody could write. */
const MOST_LEVELS = 3;
const MOST_SCHEMAS = 64;

/**
 * What the text of a parameter is to become before its schema sees it.
 *
 * @param name of a converted schema; null: any
 */
export function shapeOf(name: string | null, schemas: Readonly<Record<string, unknown>>): Shape {
  return name === null ? ANY : read({ $ref: `#/$defs/${name}` }, schemas, 0);
}

function read(schema: unknown, schemas: Readonly<Record<string, unknown>>, level: number): Shape {
  const parts = alternatives(schema, schemas);
  const types = new Set(parts.flatMap(({ type }) => (Array.isArray(type) ? (type as unknown[]) : [type])));
  const scalars: Shape['scalars'][number][] = [];
  if (types.has('string')) scalars.push('string');
  if (types.has('number') || types.has('integer')) scalars.push('number');
  if (types.has('boolean')) scalars.push('boolean');
  if (types.has('null')) scalars.push('null');
  if (level === MOST_LEVELS) return { scalars, items: null, properties: null };
  const inner = (part: unknown): Shape => read(part, schemas, level + 1);
  const lists = parts.filter(({ type }) => type === 'array' || (Array.isArray(type) && type.includes('array')));
  const properties = parts.flatMap((part) => (isRecord(part['properties']) ? Object.entries(part['properties']) : []));
  const isObject = properties.length > 0 || types.has('object');
  return {
    scalars,
    items: lists.length === 0 ? null : inner(lists[0]!['items'] ?? true),
    properties: isObject ? properties.map(([name, property]) => [name, inner(property)] as const) : null,
  };
}

/** A schema, what it refers to, and what it is put together from. */
function alternatives(schema: unknown, schemas: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const waiting = [schema];
  while (waiting.length > 0 && found.length < MOST_SCHEMAS) {
    const next = waiting.pop();
    if (!isRecord(next)) continue;
    found.push(next);
    const { $ref, allOf, anyOf, oneOf } = next;
    if (typeof $ref === 'string') waiting.push(schemas[$ref.slice('#/$defs/'.length)]);
    for (const list of [allOf, anyOf, oneOf]) if (Array.isArray(list)) waiting.push(...(list as unknown[]));
  }
  return found;
}
