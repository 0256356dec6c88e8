import { lengthOf } from './limit-keys.ts';
import type { BackTest } from './limit-watch.ts';
import type { ReplayReport } from './replay-report.ts';
import { counted, percent, plural } from './wording.ts';

/** What the limits of the new config would have done. */
export function limitLines({ limits, config }: ReplayReport): string[] {
  if (limits.length === 0) return [];
  return ['', `limits of ${config}`, ...limits.flatMap(backTestLines)];
}

function backTestLines(test: BackTest): string[] {
  const { policy, limit, by, source, asked, refused, share, keys, keysRefused, peaks, worst, hasMoreKeys } = test;
  const all = `${counted(keys)}${hasMoreKeys ? ' or more' : ''}`;
  const would =
    refused === 0
      ? `refuses none of ${plural(asked, 'request')} of ${all}`
      : `refuses ${percent(share)} (${counted(refused)} of ${plural(asked, 'request')}) of ${counted(keysRefused)} of ${all}`;
  const shown = peaks.map(({ requests, windowMs, key }) => {
    const within = windowMs === 0 ? 'at a time' : `in 1 ${lengthOf(windowMs)}`;
    return `${counted(requests)} ${within} (${key})`;
  });
  return [
    `  ${policy} ${limit} by ${by} (${source})`,
    `      ${would} ${keysOf(by, keys)}`,
    ...(shown.length === 0 ? [] : [`      most of one key: ${shown.join(', ')}`]),
    ...worst.map((key) => `      ${key.key}: ${counted(key.refused)} of ${plural(key.asked, 'request')} refused`),
  ];
}

function keysOf(by: string, count: number): string {
  const word = { consumer: 'consumer', ip: 'client', route: 'route' }[by] ?? 'key';
  return count === 1 ? word : `${word}s`;
}
