/** The page again and again, in place, until somebody has seen enough. */
import { setTimeout as delay } from 'node:timers/promises';
import { readinessOf } from '../../supervisor/admin/status.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandOutput } from '../command-output.ts';
import { formatStatus, type PageOptions } from '../status-page.ts';
import { fetchLatencies, fetchStatus } from './fetch-status.ts';
import { type Look, trafficBetween } from './interval.ts';
import type { Paint } from './paint.ts';

const EVERY_MS = 1000;
/** To the corner of the terminal, and everything behind it away. */
const CLEAR = '\x1b[H\x1b[J';

export interface Watch {
  readonly client: AdminClient;
  readonly output: CommandOutput;
  readonly paint: Paint;
  readonly stop: AbortSignal;
}

/**
 * Shows what was done between each two looks. A gateway that does not answer is told of and asked again: that is when one watches.
 *
 * @returns whether it was ready when it was last asked
 */
export async function watchStatus({ client, output, paint, stop }: Watch): Promise<boolean> {
  let before: Look | null = null;
  let isReady = false;
  while (!stop.aborted) {
    try {
      const after = await look(client);
      isReady = readinessOf(after.status as Parameters<typeof readinessOf>[0]).ready;
      show(formatStatus(after.status, { paint, width: widthOf(output), interval: intervalOf(before, after) }), output);
      before = after;
    } catch (error) {
      [before, isReady] = [null, false];
      show(`${paint('NO ANSWER', 'red')}: ${(error as Error).message}\n`, output);
    }
    await delay(EVERY_MS, undefined, { signal: stop }).catch(() => {});
  }
  return isReady;
}

async function look(client: AdminClient): Promise<Look> {
  const [{ shown }, latencies] = await Promise.all([fetchStatus(client), fetchLatencies(client)]);
  return { status: shown, latencies, atMs: performance.now() };
}

function intervalOf(before: Look | null, after: Look): PageOptions['interval'] {
  const traffic = before === null ? null : trafficBetween(before, after);
  return traffic === null ? null : { seconds: (after.atMs - before!.atMs) / 1000, ...traffic };
}

function widthOf({ terminal = null }: CommandOutput): number {
  return terminal?.columns ?? 80;
}

/** On a terminal no more than it has lines, or the page would scroll instead of staying in place. */
function show(page: string, output: CommandOutput): void {
  const { terminal = null } = output;
  const lines = page.trimEnd().split('\n');
  if (terminal === null) output.out(`${page}\n`);
  else output.out(`${CLEAR}${lines.slice(0, Math.max(1, terminal.rows - 1)).join('\n')}\n`);
}
