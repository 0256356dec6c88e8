import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { formatMicros } from '../judge/outcome-lines.ts';
import type { RunResult } from './run-result.ts';

/** One run in a line: what was sent and what became of it, the percentiles, the cost. */
export function describeRun({ pace, load, gateway }: RunResult): string {
  const { total, measuredMs } = load;
  const latency = decodeFromCompressedBase64(total.latency);
  const at = (percentile: number): string => formatMicros(latency.getValueAtPercentile(percentile));
  const parts = [
    `${total.sent} sent (${Math.round((total.sent * 1_000) / measuredMs)}/s)`,
    `${total.answered} answered (${statuses(total.byStatus)})`,
    `${total.failed} failed`,
    // A closed loop waits whenever the gateway does: its latency is none.
    ...(pace.kind === 'closed' ? [] : [`p50 ${at(50)}, p99 ${at(99)}, max ${formatMicros(latency.maxValue)}`]),
    `${gateway.cpuMicrosPerRequest.toFixed(0)}us of CPU a request`,
  ];
  return parts.join('; ');
}

function statuses(byStatus: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(byStatus).sort(([a], [b]) => a.localeCompare(b));
  return sorted.map(([status, count]) => `${count} x ${status}`).join(', ') || 'none';
}
