import type { Bytes } from '../../../brand.ts';

export interface ValidateOptions {
  /** What stands before the document's paths in the paths of requests; empty: nothing. */
  readonly basePath: string;
  readonly strictQuery: boolean;
  readonly unknownOperations: 'refuse' | 'pass';
  readonly otherTypes: 'refuse' | 'pass';
  readonly maxBytes: Bytes;
  /** JSON text of an object: schemas (JSON Schema 2020-12) by name, that refer to each other by `#/$defs/NAME`. */
  readonly schemas: string;
  /** One whose method is null is the only one, and meant for every request. */
  readonly operations: readonly ValidatedOperation[];
}

export interface ValidatedOperation {
  /** Its operationId, or method and path. */
  readonly name: string;
  readonly method: string | null;
  /** Template of the document, without the base path. */
  readonly path: string;
  readonly parameters: readonly ValidatedParameter[];
  /** Schema of `{ query, path, header, cookie }`, each an object of parameters; null: there are none to check. */
  readonly parametersSchema: string | null;
  readonly body: ValidatedBody | null;
}

export interface ValidatedBody {
  readonly required: boolean;
  /** In the order of the document. */
  readonly content: readonly { readonly type: string; readonly schema: string | null }[];
}

export const PARAMETER_PLACES = ['query', 'path', 'header', 'cookie'] as const;
export type ParameterPlace = (typeof PARAMETER_PLACES)[number];

export interface ValidatedParameter {
  readonly in: ParameterPlace;
  /** Of a header: in lower case. */
  readonly name: string;
  readonly style: 'form' | 'simple' | 'deepObject' | 'spaceDelimited' | 'pipeDelimited';
  readonly explode: boolean;
  readonly shape: Shape;
}

/** What text is to become before it is checked. */
export interface Shape {
  /** Types that a single value may have. */
  readonly scalars: readonly ('string' | 'number' | 'boolean' | 'null')[];
  /** Not null: it may be a list. */
  readonly items: Shape | null;
  /** Not null: it may be an object. */
  readonly properties: readonly (readonly [name: string, shape: Shape])[] | null;
}
