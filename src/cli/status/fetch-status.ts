import type { Status } from '../../supervisor/admin/status.ts';
import type { RouteLatencies } from '../../telemetry/latencies.ts';
import { type AdminClient, getAdmin } from '../admin-client.ts';
import type { SeenStatus } from './seen-status.ts';

/** What a terminal would obey: names and messages come from elsewhere. */
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g;

/**
 * Asks for the status.
 *
 * @returns the document as it came, and the same with nothing in it that a terminal would obey
 * @throws Error that says in one sentence why there is none
 */
export async function fetchStatus(client: AdminClient): Promise<{ found: Status; shown: SeenStatus }> {
  const { status, body } = await getAdmin(client, '/status');
  if (status === 401) throw new Error(`the gateway at ${client.address} did not accept the token, see --help`);
  if (status !== 200) throw new Error(`the gateway at ${client.address} answered with status ${status}`);
  const found = parseStatus(body);
  if (found === null) throw new Error(`what answers at ${client.address} is not a gateway's admin address`);
  return { found, shown: JSON.parse(body, harmless) as SeenStatus };
}

/** How long requests took so far; null when that is not to be had, from an older gateway or because it is too much. */
export async function fetchLatencies(client: AdminClient): Promise<readonly RouteLatencies[] | null> {
  try {
    const { status, body } = await getAdmin(client, '/latencies');
    const { routes } = JSON.parse(body, harmless) as { readonly routes?: readonly RouteLatencies[] };
    return status === 200 && Array.isArray(routes) ? routes : null;
  } catch {
    return null;
  }
}

function harmless(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(CONTROLS, '\ufffd') : value;
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
