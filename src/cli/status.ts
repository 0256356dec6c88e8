/** `penstock status`: is the gateway well, and what is it doing. */
import { readinessOf } from '../supervisor/admin/status.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, adminClientFor, readAdminOptions } from './admin-options.ts';
import { EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { fetchStatus } from './status/fetch-status.ts';
import { paintFor } from './status/paint.ts';
import { watchStatus } from './status/watch.ts';
import { formatStatus } from './status-page.ts';

const USAGE = {
  command: 'status',
  help: `Usage: penstock status [-c FILE | --admin ADDRESS] [--token-file FILE] [--watch | --json]

Asks a running gateway how it is, and tells it in the order of the questions in an incident: can it take traffic, what is wrong, which
configuration runs, who carries it, what is asked of it and who is slow - the gateway itself or an upstream.

      --watch            again each second, with what was done in that second, until Ctrl-C
${ADMIN_OPTIONS_HELP}
      --json             the gateway's own JSON document in place of a page
  -h, --help             this text

Colours on a terminal alone, and not with NO_COLOR set.
Exit code: 0 ready for traffic, 1 not ready or not reached, 2 wrong use.

Example:
  penstock status --admin 127.0.0.1:9901
`,
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION, watch: { type: 'boolean', default: false } },
  positionals: [],
} as const satisfies Usage;

/**
 * Runs the command with the arguments behind its name.
 *
 * @param environment where the token is looked for when no file is named
 * @param stop ends `--watch`; Ctrl-C without it
 * @returns the exit code
 */
export async function status(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
  stop: AbortSignal = interrupted(args),
): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const { json, watch } = parsed.values;
  if (json && watch) return refuseUse(USAGE, 'expected either --watch or --json', output);
  const options = readAdminOptions(parsed.values);
  if (typeof options === 'string') return refuseUse(USAGE, options, output);
  const terminal = output.terminal ?? null;
  const paint = paintFor(terminal !== null, environment);
  try {
    const client = adminClientFor(options, environment);
    if (watch) return (await watchStatus({ client, output, paint, stop })) ? EXIT.OK : EXIT.NO;
    const { found, shown } = await fetchStatus(client);
    if (json) output.out(`${JSON.stringify(found, null, 2)}\n`);
    else output.out(formatStatus(shown, { paint, width: terminal?.columns ?? 80 }));
    return readinessOf(found).ready ? EXIT.OK : EXIT.NO;
  } catch (error) {
    output.error(`penstock status: ${(error as Error).message}\n`);
    return EXIT.NO;
  }
}

/** Aborts at the first Ctrl-C; a second one ends the process as always. */
function interrupted(args: readonly string[]): AbortSignal {
  const controller = new AbortController();
  if (args.includes('--watch')) process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
