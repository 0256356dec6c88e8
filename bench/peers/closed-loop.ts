/**
 * A closed loop that saturates: every connection sends its next request when its answer is there. It tells what a request
 * costs and how many fit; it tells nothing about latency, since it waits whenever the gateway does.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBinary, runLoad } from '../processes.ts';
import { BODY_BYTES } from './origin.ts';

export type Method = 'GET' | 'POST';

export interface LoadResult {
  /** Requests answered with 200. */
  readonly requests: number;
  readonly seconds: number;
  /** Socket errors, timeouts and other statuses. */
  readonly failures: number;
}

export interface LoadTarget {
  readonly port: number;
  readonly method: Method;
  readonly connections: number;
  readonly seconds: number;
}

const WRK_SCRIPT = `
wrk.method = os.getenv("LOAD_METHOD")
if wrk.method == "POST" then wrk.body = string.rep("b", ${BODY_BYTES}) end
function done(summary)
  local e = summary.errors
  local failures = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format('{"requests":%d,"seconds":%f,"failures":%d}', summary.requests, summary.duration / 1e6, failures))
end
`;

/** Which program makes the load: wrk where it is installed, else autocannon, which needs more of the load's core. */
export function loadKind(): string {
  return findBinary('wrk', 'WRK_BIN') === null ? 'autocannon' : 'wrk';
}

async function runWrk(wrk: string, folder: string, target: LoadTarget): Promise<LoadResult> {
  const script = join(folder, 'load.lua');
  writeFileSync(script, WRK_SCRIPT);
  const output = await runLoad({
    command: wrk,
    args: [
      ...['-t1', `-c${target.connections}`, `-d${target.seconds}s`, '-s', script],
      `http://127.0.0.1:${target.port}/`,
    ],
    env: { LOAD_METHOD: target.method },
  });
  const result = output.split('\n').findLast((line) => line.startsWith('{'));
  if (result === undefined) throw new Error(`wrk printed no result: ${output}`);
  return JSON.parse(result) as LoadResult;
}

interface AutocannonResult {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly duration: number;
}

async function runAutocannon(target: LoadTarget): Promise<LoadResult> {
  const body = target.method === 'POST' ? ['-b', 'b'.repeat(BODY_BYTES)] : [];
  const output = await runLoad({
    command: process.execPath,
    args: [
      ...[fileURLToPath(import.meta.resolve('autocannon')), '--json', '-m', target.method, ...body],
      ...['-c', String(target.connections), '-d', String(target.seconds), `http://127.0.0.1:${target.port}/`],
    ],
  });
  const result = JSON.parse(output) as AutocannonResult;
  return { requests: result['2xx'], seconds: result.duration, failures: result.non2xx + result.errors };
}

export function closedLoop(folder: string, target: LoadTarget): Promise<LoadResult> {
  const wrk = findBinary('wrk', 'WRK_BIN');
  return wrk === null ? runAutocannon(target) : runWrk(wrk, folder, target);
}
