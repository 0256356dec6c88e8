/** What a running gateway says about itself on its admin address. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../src/supervisor/admin/status.ts';
import { DEFAULT_DEADLINE_MS } from './deadline.ts';
import type { Gateway } from './gateway.ts';

const ASK_EVERY_MS = 20;
const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;

/** One scrape: the value of a metric, summed over all series that have these labels. */
export class Metrics {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Values of every series of a metric that carries these labels, in the order of the page. */
  all(name: string, labels: Readonly<Record<string, string>> = {}): number[] {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return this.text.split('\n').flatMap((line) => {
      const match = SAMPLE.exec(line);
      if (match === null || match[1] !== name) return [];
      const found = (match[2] ?? '').split(',');
      return wanted.every((label) => found.includes(label)) ? [Number(match[3])] : [];
    });
  }

  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.all(name, labels).reduce((total, value) => total + value, 0);
  }
}

export async function readMetrics(gateway: Gateway): Promise<Metrics> {
  const response = await fetch(new URL('/metrics', gateway.urlOf('admin')));
  return new Metrics(await response.text());
}

export async function readStatus(gateway: Gateway): Promise<Status> {
  const response = await fetch(new URL('/status', gateway.urlOf('admin')));
  return (await response.json()) as Status;
}

/**
 * Asks again and again until the answer is as wanted: for what the gateway announces nowhere else.
 *
 * @returns the first answer that was
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  ms: number = DEFAULT_DEADLINE_MS,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > end) throw new Error(`not ${what} within ${ms} ms. Last: ${JSON.stringify(answer)}`);
    await delay(ASK_EVERY_MS);
  }
}
