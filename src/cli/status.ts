/** `penstock status`: is the gateway well, and what is it doing. */
import { readFileSync } from 'node:fs';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { loadConfig } from '../config/load.ts';
import { readinessOf, type Status } from '../supervisor/admin/status.ts';
import { type AdminClient, getAdmin, isAdminAddress } from './admin-client.ts';
import { CONFIG_OPTION, EXIT, JSON_OPTION, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { type CommandOutput, TERMINAL } from './command-output.ts';
import { formatStatus } from './status-page.ts';

const DEFAULT_ADDRESS = '127.0.0.1:9901';

const USAGE = {
  command: 'status',
  help: `Usage: penstock status [-c FILE | --admin ADDRESS] [--token-file FILE] [--json]

Asks a running gateway how it is: its configuration, its acceptors, its busiest routes and its upstreams.

  -c, --config FILE      the config it runs on, to find its admin address and token there
      --admin ADDRESS    host:port or unix:PATH of its admin address (127.0.0.1:9901 without either)
      --token-file FILE  holds the admin token (the variable PENSTOCK_ADMIN_TOKEN without it)
      --json             the gateway's own JSON document in place of a page
  -h, --help             this text

Exit code: 0 ready for traffic, 1 not ready or not reached, 2 wrong use.

Example:
  penstock status --admin 127.0.0.1:9901
`,
  options: { ...CONFIG_OPTION, ...JSON_OPTION, admin: { type: 'string' }, 'token-file': { type: 'string' } },
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
  const options = readOptions(parsed.values);
  if (typeof options === 'string') return refuseUse(USAGE, options, output);
  try {
    const found = await fetchStatus(clientFor(options, environment));
    output.out(options.json ? `${JSON.stringify(found, null, 2)}\n` : formatStatus(found));
    return readinessOf(found).ready ? EXIT.OK : EXIT.NO;
  } catch (error) {
    output.error(`penstock status: ${(error as Error).message}\n`);
    return EXIT.NO;
  }
}

interface Options {
  readonly config: string | undefined;
  readonly admin: string | undefined;
  /** Null: not given by file. */
  readonly token: string | null;
  readonly json: boolean;
}

interface Given {
  readonly config?: string | undefined;
  readonly admin?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly json?: boolean | undefined;
}

/** The options, or what is wrong with their use. */
function readOptions({ config, admin, json = false, 'token-file': file }: Given): Options | string {
  if (config !== undefined && admin !== undefined) return 'expected either --config or --admin';
  if (admin !== undefined && !isAdminAddress(admin))
    return `--admin ${admin} is not an address, expected host:port or unix:PATH`;
  try {
    return { config, admin, token: file === undefined ? null : readFileSync(file, 'utf8').trim(), json };
  } catch (error) {
    return (error as Error).message;
  }
}

/** @throws Error that says what is wrong with the config */
function clientFor(options: Options, environment: NodeJS.ProcessEnv): AdminClient {
  const found = options.config === undefined ? null : adminOf(options.config, environment);
  const token = options.token ?? found?.token ?? environment['PENSTOCK_ADMIN_TOKEN'];
  return { address: options.admin ?? found?.address ?? DEFAULT_ADDRESS, token: token || null };
}

/** Where the gateway that runs on this config is asked. */
function adminOf(path: string, environment: NodeJS.ProcessEnv): AdminClient {
  const { loaded, diagnostics } = loadConfig(path, environment);
  if (loaded === null) throw new Error(`the config cannot be used\n${formatDiagnostics(diagnostics).trimEnd()}`);
  const { address, token = null } = loaded.config.admin;
  if ('unix' in address) return { address: `unix:${address.unix}`, token };
  if (address.port === 0) throw new Error(`${path} lets the system choose the admin port, expected --admin`);
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host;
  return { address: `${host.includes(':') ? `[${host}]` : host}:${address.port}`, token };
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
