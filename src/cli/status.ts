/** `penstock status`: is the gateway well, and what is it doing. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readinessOf, type Status } from '../supervisor/admin/status.ts';
import { type AdminClient, getAdmin, isAdminAddress } from './admin-client.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { formatStatus } from './status-page.ts';

const HELP = `Usage: penstock status [--admin ADDRESS] [--token-file FILE] [--json]

Asks a running gateway how it is: its configuration, its acceptors, its busiest routes and its upstreams.

      --admin ADDRESS    host:port or unix:PATH of its admin address (127.0.0.1:9901 without it)
      --token-file FILE  holds the admin token (the variable PENSTOCK_ADMIN_TOKEN without it)
      --json             the gateway's own JSON document in place of a page
  -h, --help             this text

Exit code: 0 ready for traffic, 1 not ready or not reached, 2 wrong use.

Example:
  penstock status --admin 127.0.0.1:9901
`;

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
  const options = parseOptions(args, environment);
  if (typeof options === 'string') {
    output.error(`penstock status: ${options}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    output.out(HELP);
    return 0;
  }
  try {
    const found = await fetchStatus(options.client);
    output.out(options.json ? `${JSON.stringify(found, null, 2)}\n` : formatStatus(found));
    return readinessOf(found).ready ? 0 : 1;
  } catch (error) {
    output.error(`penstock status: ${(error as Error).message}\n`);
    return 1;
  }
}

interface Options {
  readonly client: AdminClient;
  readonly json: boolean;
  readonly help: boolean;
}

/** The options, or what is wrong with them. */
function parseOptions(args: string[], environment: NodeJS.ProcessEnv): Options | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        admin: { type: 'string', default: '127.0.0.1:9901' },
        'token-file': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { admin: address, json, help } = values;
    if (!isAdminAddress(address)) return `--admin ${address} is not an address, expected host:port or unix:PATH`;
    const file = values['token-file'];
    const token = file === undefined ? environment['PENSTOCK_ADMIN_TOKEN'] : readFileSync(file, 'utf8').trim();
    return { client: { address, token: token || null }, json, help };
  } catch (error) {
    return (error as Error).message;
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
