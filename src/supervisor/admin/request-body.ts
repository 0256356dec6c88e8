import type { z } from 'zod';
import { formatPath } from '../../config/diagnostics.ts';

/** What a resource takes as its body. */
export interface RequestBody<T> {
  /** For the OpenAPI document. */
  readonly schema: z.ZodType;
  /** @returns one sentence about what is wrong with it when it is no such thing */
  parse(text: string): T | string;
}

const LONGEST_QUOTE = 80;

/** A JSON object of a schema made from the fields of the config. No body at all is an empty object. */
export function jsonBody<T extends object>(schema: z.ZodType<T>): RequestBody<T> {
  return {
    schema,
    parse: (text) => {
      let value: unknown;
      try {
        value = text === '' ? {} : JSON.parse(text);
      } catch {
        return 'The body is not JSON.';
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'The body is not a JSON object.';
      const result = schema.safeParse(value, { reportInput: true });
      return result.success ? result.data : `${sentenceOf(result.error.issues[0]!, value)}.`;
    },
  };
}

/** What zod found, in the words of the config's messages. */
function sentenceOf(issue: z.core.$ZodIssue, body: object): string {
  const path = formatPath(issue.path as (string | number)[]) || 'the body';
  if (issue.code === 'unrecognized_keys') return `there is no member ${JSON.stringify(issue.keys[0])} in ${path}`;
  if (issue.code === 'custom') return nameParts(issue.message, path, body, issue.path);
  if (issue.input === undefined) return `${path} is missing`;
  return nameParts(`{value} cannot stand at {path}`, path, body, issue.path);
}

function nameParts(message: string, path: string, body: object, steps: readonly PropertyKey[]): string {
  const value = steps.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], body);
  const text = JSON.stringify(value) ?? path;
  const quote = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text;
  return message.replace(/\{(value|path)\}/g, (_, what) => (what === 'path' ? path : quote));
}
