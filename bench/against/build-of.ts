/** The build of another commit of this checkout, in a worktree that is gone afterwards. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeFolder } from '../run/experiment.ts';
import { BenchInputError } from '../run/run-recording.ts';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Of what a build prints, to be shown. */
const MOST_LINES = 12;
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface Build {
  /** `dist/src/main.js`. */
  readonly main: string;
  /** Twelve digits of the commit. */
  readonly version: string;
  remove(): Promise<void>;
}

/**
 * Checks a commit out and builds it: with the packages of this checkout when it locks the same ones, else with its own from the
 * registry.
 *
 * @throws BenchInputError when there is no such commit, Error with what was printed when it does not build
 */
export async function buildOf(ref: string, signal: AbortSignal): Promise<Build> {
  const commit = await commitOf(ref, signal);
  const folder = makeFolder();
  const tree = join(folder, 'tree');
  const remove = async (): Promise<void> => {
    await git(['worktree', 'remove', '--force', tree]).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
    await git(['worktree', 'prune']).catch(() => {});
  };
  try {
    await git(['worktree', 'add', '--detach', '--quiet', tree, commit], signal);
    await build(tree, signal);
  } catch (error) {
    await remove();
    signal.throwIfAborted();
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${ref} cannot be built: ${firstLines(`${stdout}${stderr}`) || message}`);
  }
  return { main: join(tree, 'dist/src/main.js'), version: commit.slice(0, 12), remove };
}

/** What went wrong stands first; npm has pages of help behind it. */
function firstLines(output: string): string {
  return output.trim().split('\n', MOST_LINES).join('\n').slice(0, 2_000);
}

async function commitOf(ref: string, signal: AbortSignal): Promise<string> {
  try {
    return await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], signal);
  } catch {
    signal.throwIfAborted();
    throw new BenchInputError(`there is no commit ${JSON.stringify(ref)} to compare with in ${ROOT}`);
  }
}

async function build(tree: string, signal: AbortSignal): Promise<void> {
  const within = { cwd: tree, signal, maxBuffer: MOST_OUTPUT_BYTES };
  if (hasSamePackages(tree)) {
    symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(tree, 'node_modules'));
    // Its build script looks whether this is of its own sources.
    const native = join(ROOT, 'native-bindings/build');
    if (existsSync(native)) cpSync(native, join(tree, 'native-bindings/build'), { recursive: true });
    await run(process.execPath, ['native-bindings/build.mjs'], within);
  } else {
    await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], within);
  }
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], within);
}

function hasSamePackages(tree: string): boolean {
  const lockOf = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  return lockOf(tree) === lockOf(ROOT);
}

async function git(args: readonly string[], signal?: AbortSignal): Promise<string> {
  const { stdout } = await run('git', [...args], { cwd: ROOT, ...(signal === undefined ? {} : { signal }) });
  return stdout.trim();
}
