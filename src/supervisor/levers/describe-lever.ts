import { formatDuration } from '../../config/units.ts';
import type { Lever } from '../../ipc.ts';

/** A lever as the command line has it. */
export function describeLever(lever: Lever): string {
  switch (lever.kind) {
    case 'kill-route':
      return `kill-route ${lever.route}`;
    case 'limit': {
      const { requests, per, burst } = lever.window;
      return `limit ${lever.route} ${requests} in ${formatDuration(per)}${burst === requests ? '' : `, ${burst} at once`}`;
    }
    case 'endpoint-out':
      return `endpoint-out ${lever.upstream} ${lever.endpoint}`;
    case 'log-level':
      return `log-level ${lever.level}`;
    default:
      return lever satisfies never;
  }
}
