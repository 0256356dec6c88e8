/** What an acceptor tells its operators of troubles outside any exchange. */
import { gatewayLog } from '../telemetry/gateway-log.ts';

export function reportAcceptError(code: string): void {
  gatewayLog.warn(`acceptor ${process.pid} cannot accept connections for a moment: ${code}`, { code });
}

export function reportTaskFault(task: string, error: unknown): void {
  gatewayLog.error(`the task ${task} failed in its thread: ${error}`, { task });
}
