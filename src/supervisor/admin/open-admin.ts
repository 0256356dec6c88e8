import { gatewayLog } from '../../telemetry/gateway-log.ts';
import { whyNotListening } from '../listening-sockets.ts';
import { Observation } from '../observation.ts';
import { StartError } from '../start-error.ts';
import type { Supervisor } from '../supervisor.ts';
import { tokensOf } from './admin-access.ts';
import { auditLogOf } from './audit-log.ts';
import { AdminServer, adminUrl } from './server.ts';

export interface OpenedAdmin {
  readonly server: AdminServer;
  /** Where it answers. */
  readonly url: string;
}

/** Opens the admin address of a gateway. @throws StartError when it cannot be listened on */
export async function openAdmin(supervisor: Supervisor): Promise<OpenedAdmin> {
  const { admin } = supervisor.live.settings;
  const server = new AdminServer({
    address: admin.address,
    tokens: tokensOf(admin),
    source: new Observation(supervisor),
    push: supervisor.source.push,
    audit: auditLogOf(admin, supervisor.history.folder),
    report: (message) => gatewayLog.warn(message),
    onFailure: (error) => gatewayLog.error(`the admin API failed: ${error}`),
  });
  try {
    return { server, url: adminUrl(admin.address, await server.listen()) };
  } catch (error) {
    throw new StartError(`The admin API cannot listen on ${whyNotListening(admin.address, error)}.`);
  }
}
