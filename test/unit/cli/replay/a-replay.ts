/** Small recordings and configs, replayed by the command in this process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayReport } from '../../../../src/cli/replay/replay-report.ts';
import { replay } from '../../../../src/cli/replay.ts';
import type { RecordedExchange } from '../../../../src/recording/recorded-exchange.ts';
import type { Lifetime } from '../../../support/lifetime.ts';
import { tempDir } from '../../../support/temp-dir.ts';

/** What is left out has a default. */
export type ExchangeParts = Partial<Omit<RecordedExchange, 'headers'>> & {
  readonly headers?: Readonly<Record<string, string>>;
};

/** The pseudonym with this number. */
export function pseudonym(number: number): string {
  return `pseudonym-${String(number).padStart(32, '0')}`;
}

export function exchangeLine({ headers = {}, ...parts }: ExchangeParts): string {
  const exchange = { at: 0, method: 'GET', host: 'shop.test', path: '/', status: 200, client: '10.0.0.1', ...parts };
  return JSON.stringify({ ...exchange, headers: Object.entries(headers) });
}

export const HEAD = JSON.stringify({ recording: 1, began: '2026-11-20T10:00:00Z', source: 'test', licence: null });

export interface ReplayRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of configs and recordings. */
export class ReplayBench {
  readonly #folder: string;

  constructor(lifetime: Lifetime) {
    this.#folder = tempDir(lifetime);
  }

  /** @returns the path of a new file */
  write(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  record(exchanges: readonly ExchangeParts[], head = HEAD): string {
    return this.write('traffic.ndjson', `${[head, ...exchanges.map(exchangeLine)].join('\n')}\n`);
  }

  async run(...args: readonly string[]): Promise<ReplayRun> {
    const said = { stdout: '', stderr: '' };
    const output = { out: (text: string) => (said.stdout += text), error: (text: string) => (said.stderr += text) };
    return { status: await replay([...args], output), ...said };
  }

  /** Replays with `--json`. */
  async report(recording: string, config: string, ...args: readonly string[]): Promise<ReplayReport> {
    const { stdout, stderr } = await this.run('--recording', recording, '--config', config, '--json', ...args);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as ReplayReport;
  }
}

/** A config with two upstreams. @param rest more sections, above all `routes` */
export function configOf(rest: object): string {
  return JSON.stringify({
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:8080' }],
    upstreams: { a: { endpoints: ['http://127.0.0.1:9001'] }, b: { endpoints: ['http://127.0.0.1:9002'] } },
    ...rest,
  });
}
