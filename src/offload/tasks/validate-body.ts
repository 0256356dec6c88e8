/** Thread side of the policy `validate`. */
import { LRUCache } from 'lru-cache';
import { SchemaSet } from '../../decision/policies/validate/schema-set.ts';
import {
  type ValidateInput,
  type ValidateResult,
  validateBody,
} from '../../decision/policies/validate/validate-body.ts';

/** Compiled schemas that a thread keeps. */
const KEPT_SCHEMAS = 256;

const kept = new LRUCache<string, SchemaSet>({ max: KEPT_SCHEMAS });

export function perform(input: ValidateInput): ValidateResult {
  let schemas = kept.get(input.schemas);
  if (schemas === undefined) {
    schemas = new SchemaSet(input.schemas);
    kept.set(input.schemas, schemas);
  }
  return validateBody(input, schemas);
}
