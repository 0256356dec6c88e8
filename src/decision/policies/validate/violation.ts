import type { ErrorObject } from 'ajv';
import { PARAMETER_PLACES, type ParameterPlace } from './options.ts';

/** What of a request is not as described, as the client is told. It holds names and places, never values. */
export interface Violation {
  readonly in: 'body' | ParameterPlace;
  /** In the body a JSON pointer (RFC 6901), else a parameter's name. */
  readonly path: string;
  readonly message: string;
}

/** Told about one request. */
export const MOST_VIOLATIONS = 20;
const LONGEST_PATH = 200;

export function bodyViolations(errors: readonly ErrorObject[]): Violation[] {
  return errors
    .slice(0, MOST_VIOLATIONS)
    .map((error) => ({ in: 'body', path: cut(pointerOf(error)), message: messageOf(error) }));
}

export function parameterViolations(errors: readonly ErrorObject[]): Violation[] {
  return errors.slice(0, MOST_VIOLATIONS).map((error) => {
    const [, place, ...path] = pointerOf(error).split('/');
    const found = PARAMETER_PLACES.find((known) => known === place)!;
    return { in: found, path: cut(path.join('/')), message: messageOf(error) };
  });
}

/** Of what is missing, and of what should not be there: the place where it would be, or is. */
function pointerOf({ instancePath, params }: ErrorObject): string {
  const { missingProperty, additionalProperty, unevaluatedProperty } = params as Record<string, unknown>;
  const name = missingProperty ?? additionalProperty ?? unevaluatedProperty;
  if (typeof name !== 'string') return instancePath;
  return `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function messageOf({ keyword, message }: ErrorObject): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') return 'is not described';
  if (keyword === 'false schema') return 'must not be there';
  return message ?? `does not satisfy ${keyword}`;
}

function cut(path: string): string {
  return path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}...` : path;
}
