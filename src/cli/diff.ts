/** `penstock diff`: what changes in meaning from one config to another. */
import { compile } from '../config/compile.ts';
import { NO_ASSIGNMENTS } from '../config/compile-upstreams.ts';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { loadConfig } from '../config/load.ts';
import { EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { type ConfigDiff, diffConfigs } from './config-diff/config-diff.ts';
import type { ComparedConfig } from './config-diff/diff-globals.ts';
import { diffPage } from './config-diff/diff-page.ts';

const USAGE = {
  command: 'diff',
  help: `Usage: penstock diff OLD NEW [--fail-on auth-lost] [--json]

Says what changes in meaning from one config to another: routes that come, go or are not reached any more, requests that go
elsewhere, policies gained and lost, identities no longer asked for, upstreams, consumers, listeners and limits. Which
requests go where is found out by looking up the requests that the routes of both were written for. Secrets are never shown.

  OLD NEW                  configs: files, or directories of them
      --fail-on auth-lost  exit with 1 only where an identity was needed and is not any more
      --json               one JSON document in place of text
  -h, --help               this text

Exit code: 0 no difference, 1 there are differences, 2 wrong use.
A config that cannot be used is wrong use, as a file that is missing is for diff(1).

Example:
  penstock diff config/penstock.yaml /tmp/new.yaml
`,
  options: { ...JSON_OPTION, 'fail-on': { type: 'string' } },
  positionals: ['OLD', 'NEW'],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function diff(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { json, 'fail-on': failOn } = parsed.values;
  if (failOn !== undefined && failOn !== 'auth-lost')
    return refuseUse(USAGE, `--fail-on ${failOn} is not known, expected auth-lost`, output);
  const [before, after] = parsed.positionals.map((path) => open(path, output));
  if (before == null || after == null) return EXIT.WRONG_USE;
  const found = compare(before, after, output);
  if (found === null) return EXIT.WRONG_USE;
  output.out(json ? `${JSON.stringify(found, null, 2)}\n` : diffPage(found));
  const isFine = failOn === undefined ? found.isSame : found.routes.authLost.length === 0;
  return isFine ? EXIT.OK : EXIT.NO;
}

/** Null for routes that no table can hold: more different methods than there are bits. */
function compare(before: ComparedConfig, after: ComparedConfig, output: CommandOutput): ConfigDiff | null {
  try {
    return diffConfigs(before, after);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    output.error(`penstock diff: ${error.message}\n`);
    return null;
  }
}

/** Null when it cannot be used, which has been said then. */
function open(path: string, output: CommandOutput): ComparedConfig | null {
  const { loaded, diagnostics } = loadConfig(path);
  if (loaded === null) {
    output.error(formatDiagnostics(diagnostics));
    return null;
  }
  return { config: loaded.config, compiled: compile(loaded, NO_ASSIGNMENTS) };
}
