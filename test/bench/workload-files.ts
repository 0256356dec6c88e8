/** Workloads and plans for tests of the load generator. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LoadRun } from '../../bench/load/load-run.ts';
import type { LoadPlan, LoadResult, WorkloadLine } from '../../bench/load/workload.ts';
import { openWorkload } from '../../bench/load/workload-source.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { tempDir } from '../support/temp-dir.ts';

/** A GET, or what it is told to be. */
export function line(path: string, but: Partial<WorkloadLine> = {}): WorkloadLine {
  const head = `GET ${path} HTTP/1.1\r\nHost: bench.test\r\n\r\n`;
  return { at: 0, label: '-', head, body: null, fillerBytes: 0, bodyless: false, expect: 0, ...but };
}

export function workloadFile(lifetime: Lifetime, lines: readonly WorkloadLine[]): string {
  const file = join(tempDir(lifetime), 'workload.ndjson');
  writeFileSync(file, lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  return file;
}

/** A plan without a warm-up; each line is sent once when it lasts as long as there are lines, at this rate. */
export function plan(workload: string, port: number, requests: number, but: Partial<LoadPlan> = {}): LoadPlan {
  const perSecond = 500;
  return {
    workload,
    host: '127.0.0.1',
    port,
    tls: false,
    pace: { kind: 'rate', perSecond },
    connections: 50,
    requestsPerConnection: null,
    readBytesPerSecond: null,
    warmUpMs: 0,
    measureMs: (requests * 1_000) / perSecond,
    timeoutMs: 20_000,
    ...but,
  };
}

/** Carries out a plan in this process. */
export async function runHere(load: LoadPlan): Promise<LoadResult> {
  const source = await openWorkload(load.workload);
  const result = await new LoadRun(load, source, () => {}).finish();
  await source.close();
  return result;
}

/** Sends each line once, in this process, evenly. */
export function sendOnce(
  lifetime: Lifetime,
  port: number,
  lines: readonly WorkloadLine[],
  but: Partial<LoadPlan> = {},
): Promise<LoadResult> {
  return runHere(plan(workloadFile(lifetime, lines), port, lines.length, but));
}
