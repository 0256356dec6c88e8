/**
 * Users' own policies: a module named in the config becomes one piece of code in the snapshot, so that every acceptor runs
 * what was checked, and going back to an older snapshot goes back to its code.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import type * as ajv2020 from 'ajv/dist/2020.js';
import type * as esbuild from 'esbuild';
import { evaluatePolicyModule } from '../decision/policies/evaluate-module.ts';
import type { PolicyDefinition } from '../decision/policies/policy.ts';
import type { CompiledModule } from './compiled.ts';

// Loaded when the first config asks for a module: both take longer than most configs.
const require = createRequire(import.meta.url);
const makeAjv = (): ajv2020.Ajv2020 => {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof ajv2020;
  return new Ajv2020({ allErrors: true, strict: false, logger: false });
};

/** What a policy is written against; resolved to this installation's own. */
const API: Readonly<Record<string, string>> = {
  'penstock/policy': fileURLToPath(new URL('../decision/policies/policy.js', import.meta.url)),
  'penstock/verdict': fileURLToPath(new URL('../decision/policies/verdict.js', import.meta.url)),
};

/** Larger code is most likely a library bundled by mistake, and every acceptor keeps it. */
const MAX_CODE_BYTES = 1024 * 1024;

export interface PolicyModule {
  readonly compiled: CompiledModule;
  readonly definition: PolicyDefinition<unknown>;
}

/** Modules of one config, each bundled and run once. */
export class PolicyModules {
  /** Those named, and what they import. */
  readonly files = new Set<string>();
  readonly #modules = new Map<string, PolicyModule | string>();

  /** The module in a file, or in one sentence why there is none. */
  load(file: string): PolicyModule | string {
    let module = this.#modules.get(file);
    if (module === undefined) {
      this.files.add(file);
      module = loadModule(file, this.files);
      this.#modules.set(file, module);
    }
    return module;
  }

  /** Those that could be loaded. */
  all(): PolicyModule[] {
    return [...this.#modules.values()].filter((module) => typeof module !== 'string');
  }
}

/** What is wrong with the options of a user's policy: where in them, and what. */
export function checkOptions(
  definition: PolicyDefinition<unknown>,
  options: unknown,
): { readonly path: (string | number)[]; readonly problem: string }[] {
  const schema = definition.optionsSchema;
  if (schema === undefined) return [];
  const validate = makeAjv().compile(schema);
  if (validate(options)) return [];
  return validate.errors!.map(({ instancePath, message, params }) => {
    const path = instancePath.split('/').slice(1);
    const extra = 'additionalProperty' in params ? ` (${params['additionalProperty']})` : '';
    return { path: path.map(toStep), problem: `${message ?? 'is not valid'}${extra}` };
  });
}

/** A step of a JSON Pointer (RFC 6901). */
function toStep(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** How long a module may run when it is loaded. One that never ends would be the last config that was ever read. */
const RUN_LIMIT_MS = 2000;

/**
 * Runs a module, but not for ever, and not to the end of the process: `penstock validate` would say nothing, and that with exit
 * code 0.
 */
function withinLimits<Result>(run: () => Result): Result {
  const { exit } = process;
  process.exit = (): never => {
    throw new Error('it calls process.exit()');
  };
  try {
    // The limit holds for all that the call runs, in whatever context.
    return runInNewContext('run()', { run }, { timeout: RUN_LIMIT_MS }) as Result;
  } finally {
    process.exit = exit;
  }
}

/** @param read takes every file that its code is in */
function loadModule(file: string, read: Set<string>): PolicyModule | string {
  try {
    const code = bundle(file, read);
    if (Buffer.byteLength(code) > MAX_CODE_BYTES) return 'is larger than 1MiB with all that it imports';
    const definition = withinLimits(() => evaluatePolicyModule(code, file));
    const problem = whyBadSchema(definition);
    if (problem !== null) return problem;
    const digest = createHash('sha256').update(code).digest('hex').slice(0, 32);
    return { compiled: { digest, file, code, phase: definition.phase }, definition };
  } catch (error) {
    return `cannot be used: ${firstProblem(error)}`;
  }
}

function bundle(file: string, read: Set<string>): string {
  const { buildSync } = require('esbuild') as typeof esbuild;
  const { outputFiles, metafile } = buildSync({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    alias: { ...API },
    logLevel: 'silent',
    sourcemap: 'inline',
    metafile: true,
  });
  for (const path of Object.keys(metafile.inputs).map((input) => resolve(input)))
    if (!Object.values(API).includes(path)) read.add(path);
  return outputFiles[0]!.text;
}

function whyBadSchema(definition: PolicyDefinition<unknown>): string | null {
  if (definition.optionsSchema === undefined) return null;
  try {
    makeAjv().compile(definition.optionsSchema);
    return null;
  } catch (error) {
    return `has an optionsSchema that is no JSON Schema: ${(error as Error).message}`;
  }
}

function firstProblem(error: unknown): string {
  const failure = error as Partial<esbuild.BuildFailure> | null | undefined;
  const first = failure?.errors?.[0];
  if (first === undefined) return error instanceof Error ? error.message : String(error);
  const place = first.location === null ? '' : ` (${first.location.file}:${first.location.line})`;
  return `${first.text}${place}`;
}
