/** Thread side of the policy `transform`. */
import {
  type TransformInput,
  type TransformResult,
  transformBody,
} from '../../decision/policies/transform/transform-body.ts';

export function perform(input: TransformInput): TransformResult {
  return transformBody(input);
}
