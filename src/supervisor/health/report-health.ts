import { gatewayLog } from '../../telemetry/gateway-log.ts';

/** Tells operators that an endpoint is fit again, or no longer. */
export function reportHealth(upstream: string, endpoint: string, isHealthy: boolean, why: string): void {
  const message = `endpoint ${endpoint} of upstream ${upstream} is ${isHealthy ? 'healthy again' : 'unhealthy'}: ${why}`;
  gatewayLog[isHealthy ? 'info' : 'warn'](message, { upstream, endpoint, healthy: isHealthy });
}
