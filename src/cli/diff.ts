/** `penstock diff`: what changes in meaning from one config to another. */
import { compile } from '../config/compile.ts';
import { NO_ASSIGNMENTS } from '../config/compile-upstreams.ts';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { type LoadResult, loadConfig } from '../config/load.ts';
import type { StandIn } from '../config/references.ts';
import {
  ADMIN_OPTIONS,
  ADMIN_OPTIONS_HELP,
  type AdminOptions,
  adminClientFor,
  readAdminOptions,
} from './admin-options.ts';
import { EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { type ConfigDiff, diffConfigs } from './config-diff/config-diff.ts';
import type { ComparedConfig } from './config-diff/diff-globals.ts';
import { diffPage } from './config-diff/diff-page.ts';
import { loadLive } from './live/live-config.ts';

/** In place of a path: what a running gateway runs on. */
const LIVE = 'live';

const USAGE = {
  command: 'diff',
  help: `Usage: penstock diff OLD NEW [--fail-on auth-lost] [--json]
       penstock diff live NEW [-c FILE | --admin ADDRESS] [--token-file FILE] [--fail-on auth-lost] [--json]

Says what changes in meaning from one config to another: routes that come, go or are not reached any more, requests that go
elsewhere, policies gained and lost, identities no longer asked for, upstreams, consumers, listeners and limits. Which
requests go where is found out by looking up the requests that the routes of both were written for. Secrets are never shown.

With live in place of OLD, what a running gateway runs on is the old one; its files are had through the admin API, which needs an
operator's token. A reference that leads nowhere on this machine stands for itself then, in both configs.

  OLD NEW                configs: files, or directories of them (a file called live is ./live)
      --fail-on auth-lost
                         exit with 1 only where an identity was needed and is not any more
      --json             one JSON document in place of text
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 no difference, 1 there are differences, 2 wrong use.
A config that cannot be used is wrong use, as a file that is missing is for diff(1).

Example:
  penstock diff config/penstock.yaml /tmp/new.yaml
`,
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION, 'fail-on': { type: 'string' } },
  positionals: ['OLD', 'NEW'],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function diff(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { json, 'fail-on': failOn } = parsed.values;
  if (failOn !== undefined && failOn !== 'auth-lost')
    return refuseUse(USAGE, `--fail-on ${failOn} is not known, expected auth-lost`, output);
  const [old, fresh] = parsed.positionals as [string, string];
  const options = readAdminOptions(parsed.values);
  if (typeof options === 'string') return refuseUse(USAGE, options, output);
  let sides: readonly (ComparedConfig | null)[];
  try {
    sides =
      old === LIVE ? await openLive(options, fresh, output, environment) : [open(old, output), open(fresh, output)];
  } catch (error) {
    output.error(`penstock diff: ${(error as Error).message}\n`);
    return EXIT.WRONG_USE;
  }
  const [before, after] = sides;
  if (before == null || after == null) return EXIT.WRONG_USE;
  const found = compare(before, after, output);
  if (found === null) return EXIT.WRONG_USE;
  output.out(json ? `${JSON.stringify(found, null, 2)}\n` : diffPage(found));
  const isFine = failOn === undefined ? found.isSame : found.routes.authLost.length === 0;
  return isFine ? EXIT.OK : EXIT.NO;
}

/** What is live, and what it is compared with. What had to be done without is said on standard error. */
async function openLive(
  options: AdminOptions,
  fresh: string,
  output: CommandOutput,
  environment: NodeJS.ProcessEnv,
): Promise<readonly (ComparedConfig | null)[]> {
  const missing = new Set<string>();
  const standIn: StandIn = (reference) => {
    missing.add(reference);
    return `stand-in:${reference.slice(2, -1)}`;
  };
  const live = await loadLive(adminClientFor(options, environment), fresh, environment, standIn);
  const sides = [usable(live, output), usable(loadConfig(fresh, environment, { standIn }), output)];
  if (missing.size > 0)
    output.error(
      `penstock diff: not known here, so that changes of their values are not seen: ${[...missing].join(', ')}\n`,
    );
  return sides;
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

function open(path: string, output: CommandOutput): ComparedConfig | null {
  return usable(loadConfig(path), output);
}

/** Null when it cannot be used, which has been said then. */
function usable(
  { loaded, diagnostics }: Pick<LoadResult, 'loaded' | 'diagnostics'>,
  output: CommandOutput,
): ComparedConfig | null {
  if (loaded === null) {
    output.error(formatDiagnostics(diagnostics));
    return null;
  }
  return { config: loaded.config, compiled: compile(loaded, NO_ASSIGNMENTS) };
}
