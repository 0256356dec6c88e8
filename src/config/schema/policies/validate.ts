import { z } from 'zod';
import type { ValidateOptions } from '../../../decision/policies/validate/options.ts';
import { DocumentError } from '../../openapi/document-error.ts';
import { toBodyOptions } from '../../openapi/validate-options.ts';
import { filePath, flag, oneOf, parsedText, Refusal, size } from '../fields.ts';

/** What is written, and what is known of it before its file has been read. */
export interface WrittenValidate extends ValidateOptions {
  readonly openapi: string | null;
  readonly operation: string | null;
  /** Null: that of the document's first server. */
  readonly writtenBasePath: string | null;
  /** File of a JSON Schema. */
  readonly bodyFile: string | null;
}

const basePath = parsedText({ type: 'path', expected: 'a path such as /v1, or an empty text', json: {} }, (input) =>
  input === '' || /^(\/[^/?#\s]+)+$/.test(input)
    ? input
    : new Refusal('{value} is not a path without a slash at its end'),
);

export const validateOptions: z.ZodType<ValidateOptions> = z
  .strictObject({
    openapi: filePath('the path of an OpenAPI document')
      .optional()
      .describe('OpenAPI 3.0 or 3.1 document, in YAML or JSON; references stay within it.'),
    operation: parsedText({ type: 'text', expected: 'an operationId', json: {} }, (input) => input)
      .optional()
      .describe('The one operation all requests are checked against; without it the one with their method and path.'),
    basePath: basePath
      .optional()
      .describe("What stands before the document's paths here; without it the path of its first server."),
    body: z
      .union([filePath('the path of a JSON Schema'), z.record(z.string(), z.unknown())])
      .optional()
      .describe('JSON Schema 2020-12 of the body, in place of an OpenAPI document: a file, or the schema itself.'),
    strictQuery: flag().prefault(false).describe('Whether query parameters that are not described are refused.'),
    unknownOperations: oneOf(['refuse', 'pass'])
      .prefault('refuse')
      .describe('What becomes of requests that no operation describes.'),
    otherTypes: oneOf(['refuse', 'pass'])
      .prefault('refuse')
      .describe('What becomes of bodies of a media type that is not described.'),
    maxBytes: size({ min: 1, max: 64 * 1024 ** 2 })
      .prefault('1MiB')
      .describe('How long a body may be, compressed or not.'),
  })
  .transform(({ openapi, operation, basePath: written, body, ...rest }, context): WrittenValidate => {
    const problem = (message: string) => context.issues.push({ code: 'custom', input: body, message });
    if ((openapi === undefined) === (body === undefined))
      problem('{path} has to name one of openapi and body, expected one of both');
    if (openapi === undefined && (operation !== undefined || written !== undefined || rest.strictQuery))
      problem('{path} has no openapi, which operation, basePath and strictQuery are about, expected neither of them');
    const options = {
      ...rest,
      basePath: '',
      schemas: '{}',
      operations: [],
      openapi: openapi ?? null,
      operation: operation ?? null,
      writtenBasePath: written ?? null,
      bodyFile: typeof body === 'string' ? body : null,
    };
    if (typeof body !== 'object') return options;
    try {
      return { ...options, ...toBodyOptions(body) };
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      problem(`the schema cannot be used: ${error.message}, expected JSON Schema 2020-12`);
      return options;
    }
  });
