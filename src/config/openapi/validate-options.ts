/** Documents to options of the policy `validate`. */
import type { ValidatedOperation, ValidateOptions } from '../../decision/policies/validate/options.ts';
import { SchemaSet } from '../../decision/policies/validate/schema-set.ts';
import { DocumentError } from './document-error.ts';
import { readOpenApi } from './operations.ts';
import { readDocument } from './read-document.ts';
import { SchemaBook } from './schema-book.ts';

/** Every acceptor holds the schemas of each policy, and the memory of the config has room for some. */
const MOST_SCHEMA_BYTES = 4 * 1024 ** 2;

type Documented = Pick<ValidateOptions, 'schemas' | 'operations' | 'basePath'>;

/** @param schema of the body of every request @throws DocumentError */
export function toBodyOptions(schema: Readonly<Record<string, unknown>>): Documented {
  const book = new SchemaBook(schema, '2020-12');
  const name = book.add(schema, '#');
  const operation: ValidatedOperation = {
    name: 'body',
    method: null,
    path: '/',
    parameters: [],
    parametersSchema: null,
    body: {
      required: true,
      content: [
        { type: 'application/json', schema: name },
        { type: 'application/*', schema: name },
      ],
    },
  };
  return { basePath: '', operations: [operation], schemas: toText(book.schemas) };
}

/** @throws DocumentError */
export function readBodyOptions(file: string): Documented {
  return toBodyOptions(readDocument(file));
}

/** @param operation an operationId; null: all of the document @throws DocumentError */
export function readOpenApiOptions(
  file: string,
  {
    operation,
    basePath,
    strictQuery,
  }: { readonly operation: string | null; readonly basePath: string | null; readonly strictQuery: boolean },
): Documented {
  const { operations, schemas, basePath: served } = readOpenApi(readDocument(file), operation, strictQuery);
  return { basePath: basePath ?? served, operations, schemas: toText(schemas) };
}

function toText(schemas: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(schemas);
  if (text.length > MOST_SCHEMA_BYTES) {
    const size = `${Math.ceil(text.length / 1024)}KiB of schemas`;
    throw new DocumentError('', `needs ${size}, expected at most 4MiB: name one operation for each route`);
  }
  new SchemaSet(text).checkForm((problem) => {
    throw new DocumentError('', `holds a schema that is none: ${problem}`);
  });
  return text;
}
