/** How commands that speak to a running gateway are told where it is. */
import { readFileSync } from 'node:fs';
import { formatDiagnostics } from '../config/diagnostics.ts';
import { loadConfig } from '../config/load.ts';
import { tokensOf } from '../supervisor/admin/admin-access.ts';
import { type AdminClient, isAdminAddress } from './admin-client.ts';
import { CONFIG_OPTION } from './command-line.ts';

const DEFAULT_ADDRESS = '127.0.0.1:9901';

export const ADMIN_OPTIONS = {
  ...CONFIG_OPTION,
  admin: { type: 'string' },
  'token-file': { type: 'string' },
} as const;

export const ADMIN_OPTIONS_HELP = `\
  -c, --config FILE      the config it runs on, to find its admin address and token there
      --admin ADDRESS    host:port or unix:PATH of its admin address (127.0.0.1:9901 without either)
      --token-file FILE  holds the admin token (the variable PENSTOCK_ADMIN_TOKEN without it)`;

export interface AdminOptions {
  readonly config: string | undefined;
  readonly admin: string | undefined;
  /** Null: not given by file. */
  readonly token: string | null;
}

interface Given {
  readonly config?: string | undefined;
  readonly admin?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/** The options, or what is wrong with their use. */
export function readAdminOptions({ config, admin, 'token-file': file }: Given): AdminOptions | string {
  if (config !== undefined && admin !== undefined) return 'expected either --config or --admin';
  if (admin !== undefined && !isAdminAddress(admin))
    return `--admin ${admin} is not an address, expected host:port or unix:PATH`;
  try {
    return { config, admin, token: file === undefined ? null : readFileSync(file, 'utf8').trim() };
  } catch (error) {
    return (error as Error).message;
  }
}

/** @throws Error that says what is wrong with the config */
export function adminClientFor(options: AdminOptions, environment: NodeJS.ProcessEnv): AdminClient {
  const found = options.config === undefined ? null : adminOf(options.config, environment);
  const token = options.token ?? found?.token ?? environment['PENSTOCK_ADMIN_TOKEN'];
  return { address: options.admin ?? found?.address ?? DEFAULT_ADDRESS, token: token || null };
}

/** Where the gateway that runs on this config is asked. */
function adminOf(path: string, environment: NodeJS.ProcessEnv): AdminClient {
  const { loaded, diagnostics } = loadConfig(path, environment);
  if (loaded === null) throw new Error(`the config cannot be used\n${formatDiagnostics(diagnostics).trimEnd()}`);
  const { admin } = loaded.config;
  const { address } = admin;
  const tokens = tokensOf(admin);
  const token = (tokens.find(({ role }) => role === 'operator') ?? tokens[0])?.token ?? null;
  if ('unix' in address) return { address: `unix:${address.unix}`, token };
  if (address.port === 0) throw new Error(`${path} lets the system choose the admin port, expected --admin`);
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host;
  return { address: `${host.includes(':') ? `[${host}]` : host}:${address.port}`, token };
}
