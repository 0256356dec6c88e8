import { Script } from 'node:vm';
import { BodyError } from '../transform/body-error.ts';
import { type Coding, decode } from '../transform/content-coding.ts';
import { parseJson } from '../transform/json-tree.ts';
import type { SchemaSet } from './schema-set.ts';
import { bodyViolations, type Violation } from './violation.ts';

/** Input of the offload task `validateBody`. */
export interface ValidateInput {
  /** JSON text of the schema and those it refers to. */
  readonly schemas: string;
  readonly name: string;
  /** True: a small body may take very long to check. */
  readonly isRecursive: boolean;
  readonly bytes: Uint8Array;
  readonly coding: Coding;
  readonly maxBytes: number;
}

export type ValidateResult =
  | { readonly kind: 'checked'; readonly violations: readonly Violation[] }
  | { readonly kind: 'invalid' | 'tooLarge'; readonly reason: string };

/** Bodies up to this size hear of everything that is wrong, larger ones of the first thing: each error takes memory. */
const ALL_ERRORS_BYTES = 64 * 1024;
/** A schema that refers to itself through alternatives can take time exponential in the depth of a body. */
const LIMIT_MS = 1000;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Checks a JSON body. It is read as strictly as one that is transformed: no name may stand twice in an object. */
export function validateBody(input: ValidateInput, schemas: SchemaSet): ValidateResult {
  const { bytes, coding, maxBytes, name, isRecursive } = input;
  const decoded = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), coding, maxBytes);
  if (typeof decoded === 'string')
    return { kind: decoded, reason: decoded === 'invalid' ? `not ${coding}` : 'decompressed' };
  let value: unknown;
  try {
    const text = UTF8.decode(decoded);
    parseJson(text);
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'invalid', reason: error instanceof BodyError ? error.message : 'not UTF-8' };
  }
  const check = (): ValidateResult => {
    const errors = schemas.check(name, value, decoded.length <= ALL_ERRORS_BYTES);
    return { kind: 'checked', violations: bodyViolations(errors) };
  };
  return isRecursive ? withinLimit(check) : check();
}

const CALL = new Script('globalThis[Symbol.for("penstock.limited")]()');
const LIMITED = Symbol.for('penstock.limited');

/** Runs a function that is ended from outside when it takes too long. */
function withinLimit(check: () => ValidateResult): ValidateResult {
  const shared = globalThis as { [LIMITED]?: () => ValidateResult };
  shared[LIMITED] = check;
  try {
    return CALL.runInThisContext({ timeout: LIMIT_MS }) as ValidateResult;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return { kind: 'checked', violations: [{ in: 'body', path: '', message: 'could not be checked in time' }] };
  } finally {
    delete shared[LIMITED];
  }
}
