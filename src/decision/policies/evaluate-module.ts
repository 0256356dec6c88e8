import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { PHASES } from './phases.ts';
import type { PolicyDefinition } from './policy.ts';

/**
 * Runs the code of a user's module and takes its `policy`.
 *
 * @param code CommonJS, with everything but Node's own modules bundled into it
 * @param file where it comes from, for stack traces
 * @throws whatever the module throws; TypeError when it exports no policy, saying what is missing
 */
export function evaluatePolicyModule(code: string, file: string): PolicyDefinition<unknown> {
  const module = { exports: {} as Record<string, unknown> };
  const run = compileFunction(code, ['module', 'exports', 'require'], { filename: file });
  run(module, module.exports, createRequire(file));
  const policy = module.exports['policy'];
  const problem = whyNoPolicy(policy);
  if (problem !== null) throw new TypeError(`it ${problem}`);
  return policy as PolicyDefinition<unknown>;
}

function whyNoPolicy(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'has no export named policy';
  const { name, phase, needs, create } = value as Partial<PolicyDefinition<unknown>>;
  if (typeof name !== 'string' || name === '') return 'exports a policy without a name';
  if (!PHASES.includes(phase!)) return `exports a policy whose phase is none of ${PHASES.join(', ')}`;
  if (!Array.isArray(needs)) return 'exports a policy without a list of needs';
  return typeof create === 'function' ? null : 'exports a policy without create()';
}
