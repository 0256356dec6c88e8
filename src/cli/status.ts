/** `penstock status`: is the gateway well, and what is it doing. */
import { readinessOf, type Status } from '../supervisor/admin/status.ts';
import { type AdminClient, getAdmin } from './admin-client.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, adminClientFor, readAdminOptions } from './admin-options.ts';
import { EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { formatStatus } from './status-page.ts';

const USAGE = {
  command: 'status',
  help: `Usage: penstock status [-c FILE | --admin ADDRESS] [--token-file FILE] [--json]

Asks a running gateway how it is: its configuration, its acceptors, its busiest routes and its upstreams.

${ADMIN_OPTIONS_HELP}
      --json             the gateway's own JSON document in place of a page
  -h, --help             this text

Exit code: 0 ready for traffic, 1 not ready or not reached, 2 wrong use.

Example:
  penstock status --admin 127.0.0.1:9901
`,
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION },
  positionals: [],
} as const satisfies Usage;

/**
 * Runs the command with the arguments behind its name.
 *
 * @param environment where the token is looked for when no file is named
 * @returns the exit code
 */
export async function status(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  const options = readAdminOptions(parsed.values);
  if (typeof options === 'string') return refuseUse(USAGE, options, output);
  try {
    const found = await fetchStatus(adminClientFor(options, environment));
    output.out(parsed.values.json ? `${JSON.stringify(found, null, 2)}\n` : formatStatus(found));
    return readinessOf(found).ready ? EXIT.OK : EXIT.NO;
  } catch (error) {
    output.error(`penstock status: ${(error as Error).message}\n`);
    return EXIT.NO;
  }
}

async function fetchStatus(client: AdminClient): Promise<Status> {
  const { status, body } = await getAdmin(client, '/status');
  if (status === 401) throw new Error(`the gateway at ${client.address} did not accept the token, see --help`);
  if (status !== 200) throw new Error(`the gateway at ${client.address} answered with status ${status}`);
  const found = parseStatus(body);
  if (found === null) throw new Error(`what answers at ${client.address} is not a gateway's admin address`);
  return found;
}

/** Null when the text is no status; of a gateway's own answer nothing more is checked. */
function parseStatus(body: string): Status | null {
  try {
    const found = JSON.parse(body) as Partial<Status> | null;
    return found?.config !== undefined && Array.isArray(found.acceptors) ? (found as Status) : null;
  } catch {
    return null;
  }
}
