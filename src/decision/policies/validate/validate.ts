import type { Decision } from '../../decision.ts';
import { OFFLOAD_FAILED } from '../effect.ts';
import type { Policy, PolicyDefinition } from '../policy.ts';
import { CODINGS, type Coding, codingOf } from '../transform/content-coding.ts';
import { essenceOf, isOfFormat, isSaidToBe } from '../transform/media-types.ts';
import { PASS, type Verdict } from '../verdict.ts';
import { OperationIndex } from './find-operation.ts';
import type { ValidatedBody, ValidatedOperation, ValidateOptions } from './options.ts';
import { readParameters } from './read-parameters.ts';
import { SchemaSet } from './schema-set.ts';
import { type ValidateInput, type ValidateResult, validateBody } from './validate-body.ts';
import { parameterViolations, type Violation } from './violation.ts';

/** Bodies up to this size are checked on the loop: see `INLINE_BYTES` of the policy `transform`. */
const INLINE_BYTES = 4096;

/** Refuses requests that are not what an OpenAPI document, or a JSON Schema, describes. */
export const validate: PolicyDefinition<ValidateOptions> = {
  name: 'validate',
  phase: 'transform',
  needs: ['requestBody', 'offload'],
  create(options): Policy {
    const validator = new RequestValidator(options);
    return { onRequest: (decision) => validator.ask(decision), onResponse: null, onEnd: null };
  },
};

type Schema = Pick<ValidateInput, 'schemas' | 'name' | 'isRecursive'>;

class RequestValidator {
  readonly #options: ValidateOptions;
  readonly #operations: OperationIndex;
  readonly #schemas: SchemaSet;
  readonly #bodySchemas = new Map<string, Schema>();

  constructor(options: ValidateOptions) {
    this.#options = options;
    this.#operations = new OperationIndex(options.operations, options.basePath);
    this.#schemas = new SchemaSet(options.schemas);
  }

  ask(decision: Decision): Verdict {
    const { method, path } = decision.request;
    const found = this.#operations.find(method, path);
    if (found === null) {
      decision.trace?.note(`no operation is described for ${method} and this path`);
      if (this.#options.unknownOperations === 'pass') return PASS;
      return refuse(decision, [{ in: 'path', path: '', message: 'no such operation is described' }]);
    }
    const { operation } = found;
    decision.trace?.note(`operation ${operation.name}`);
    if (operation.parametersSchema !== null) {
      const values = readParameters(decision, operation, found.path);
      const errors = this.#schemas.check(operation.parametersSchema, values, true);
      if (errors.length > 0) return refuse(decision, parameterViolations(errors));
    }
    return operation.body === null ? PASS : this.#askBody(decision, operation, operation.body);
  }

  #askBody(decision: Decision, operation: ValidatedOperation, body: ValidatedBody): Verdict {
    const missing = (): Verdict => refuse(decision, [{ in: 'body', path: '', message: 'is missing' }]);
    if (decision.request.bodyLength === 0) return body.required ? missing() : PASS;
    const contentType = decision.header('content-type');
    const described = describedAs(body, contentType);
    if (described === undefined) {
      decision.trace?.note(`a body of this type is not described for ${operation.name}`);
      if (this.#options.otherTypes === 'refuse') return decision.refuse('media_type_unsupported');
      return PASS;
    }
    if (described.schema === null || !isSaidToBe(contentType!, 'json')) return PASS;
    if (!isOfFormat(contentType, 'json')) return decision.refuse('media_type_unsupported');
    const coding = codingOf(decision.header('content-encoding'));
    if (coding === null) return decision.refuse('media_type_unsupported', ['accept-encoding', CODINGS.join(', ')]);
    const schema = this.#bodySchema(described.schema);
    const check = (bytes: Buffer): Verdict => {
      if (bytes.length === 0) return body.required ? missing() : PASS;
      return this.#check(decision, schema, bytes, coding);
    };
    if (decision.requestBody !== null) return check(decision.requestBody);
    return decision.wait({ kind: 'requestBody', maxBytes: this.#options.maxBytes }, check);
  }

  #check(decision: Decision, schema: Schema, bytes: Buffer, coding: Coding): Verdict {
    const input: ValidateInput = { ...schema, bytes, coding, maxBytes: this.#options.maxBytes };
    const conclude = (result: ValidateResult | typeof OFFLOAD_FAILED): Verdict => {
      if (result === OFFLOAD_FAILED) return decision.refuse('offload_overloaded');
      if (result.kind === 'checked') return result.violations.length === 0 ? PASS : refuse(decision, result.violations);
      decision.trace?.note(`the body cannot be read: ${result.reason}`);
      return decision.refuse(result.kind === 'tooLarge' ? 'request_body_too_large' : 'request_body_invalid');
    };
    const isQuick = coding === 'identity' && bytes.length <= INLINE_BYTES && !schema.isRecursive;
    if (isQuick) return conclude(validateBody(input, this.#schemas));
    return decision.wait({ kind: 'offload', task: 'validateBody', input }, conclude);
  }

  #bodySchema(name: string): Schema {
    let schema = this.#bodySchemas.get(name);
    if (schema === undefined) {
      schema = { name, schemas: this.#schemas.textOf(name), isRecursive: this.#schemas.isRecursive(name) };
      this.#bodySchemas.set(name, schema);
    }
    return schema;
  }
}

function refuse(decision: Decision, violations: readonly Violation[]): Verdict {
  decision.trace?.note(
    violations.map((violation) => `${violation.in} ${violation.path} ${violation.message}`).join('; '),
  );
  return decision.refuse('request_invalid', [], { errors: violations });
}

/** What a document says of a media type: of itself before `application/*`, and that before `*` + `/*`. */
function describedAs(
  { content }: ValidatedBody,
  contentType: string | null,
): ValidatedBody['content'][number] | undefined {
  if (contentType === null) return undefined;
  const essence = essenceOf(contentType);
  const range = `${essence.slice(0, essence.indexOf('/'))}/*`;
  for (const wanted of [essence, range, '*/*']) {
    const found = content.find(({ type }) => type === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}
