/**
 * A closed loop that saturates, by wrk, which needs so little CPU that the gateway is what is measured. It tells what a request costs
 * and how many fit; it tells nothing about latency, since it waits whenever the gateway does. Connections are kept, whatever the plan
 * says of them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import type { GeneratorOptions } from '../load/run-generator.ts';
import type { LoadPlan, LoadResult } from '../load/workload.ts';
import { LineParser } from '../load/workload-line.ts';
import { findBinary, runLoad } from '../processes.ts';

const SCRIPT = `
local requests, at = {}, 0
function init()
  local file = assert(io.open(os.getenv("LOAD_REQUESTS"), "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    requests[#requests + 1] = file:read(length)
  end
  file:close()
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary)
  local e = summary.errors
  print(string.format('{"answered":%d,"refused":%d,"failed":%d,"timeouts":%d,"connects":%d,"bytes":%d,"micros":%d}',
    summary.requests, e.status, e.read + e.write, e.timeout, e.connect, summary.bytes, summary.duration))
end
`;

interface Summary {
  readonly answered: number;
  /** Of these, with a status from 400. */
  readonly refused: number;
  readonly failed: number;
  readonly timeouts: number;
  readonly connects: number;
  readonly bytes: number;
  readonly micros: number;
}

/** Where wrk is; null: it is not installed. */
export const findWrk = (): string | null => findBinary('wrk', 'WRK_BIN');

/**
 * Carries out a plan as `runGenerator` does, as a closed loop. Its requests have to fit into memory.
 *
 * @throws Error when wrk is not installed, fails, or prints nothing that can be read
 */
export async function wrkLoad(plan: LoadPlan, options: GeneratorOptions = {}): Promise<LoadResult> {
  const { onMeasuring, onMeasured, signal } = options;
  const folder = dirname(plan.workload);
  writeFileSync(join(folder, 'wrk.lua'), SCRIPT);
  writeFileSync(join(folder, 'wrk-requests'), requestsOf(plan.workload));
  if (plan.warmUpMs > 0) await runWrk(plan, folder, plan.warmUpMs);
  signal?.throwIfAborted();
  onMeasuring?.();
  const summary = await runWrk(plan, folder, plan.measureMs);
  onMeasured?.();
  signal?.throwIfAborted();
  return resultOf(summary);
}

/** Each request behind its length. */
function requestsOf(workload: string): Buffer {
  const parser = new LineParser(workload);
  const lines = readFileSync(workload, 'utf8').trimEnd().split('\n');
  const requests = lines.map((line) => {
    const { bytes, fillerBytes } = parser.parse(line);
    const head = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return Buffer.concat([head, Buffer.alloc(fillerBytes, 'penstock ')]);
  });
  return Buffer.concat(requests.flatMap((request) => [Buffer.from(`${request.length}\n`), request]));
}

async function runWrk({ host, port, tls, connections }: LoadPlan, folder: string, ms: number): Promise<Summary> {
  const wrk = findWrk();
  if (wrk === null) throw new Error('wrk is not installed');
  const args = ['-t1', `-c${connections}`, `-d${Math.ceil(ms / 1_000)}s`, '-s', join(folder, 'wrk.lua')];
  const output = await runLoad({
    command: wrk,
    args: [...args, `${tls ? 'https' : 'http'}://${host}:${port}/`],
    env: { LOAD_REQUESTS: join(folder, 'wrk-requests') },
  });
  const summary = output.split('\n').findLast((line) => line.startsWith('{'));
  if (summary === undefined) throw new Error(`wrk printed no result: ${output}`);
  return JSON.parse(summary) as Summary;
}

function resultOf({ answered, refused, failed, timeouts, connects, bytes, micros }: Summary): LoadResult {
  const allFailed = failed + timeouts + connects;
  const total = {
    sent: answered + allFailed,
    answered,
    failed: allFailed,
    errors: allFailed + refused,
    byStatus: { '2xx or 3xx': answered - refused, ...(refused > 0 ? { '4xx or 5xx': refused } : {}) },
    byFailure: {
      ...(failed > 0 ? { reset: failed } : {}),
      ...(timeouts > 0 ? { timeout: timeouts } : {}),
      ...(connects > 0 ? { refused: connects } : {}),
    },
    byErrorCode: {},
    responseBytes: bytes,
    latency: encodeIntoCompressedBase64(build()),
  };
  return {
    kind: 'result',
    measuredMs: micros / 1_000,
    total,
    byLabel: {},
    timeline: [],
    generator: { due: total.sent, lateP99: 0, lateMax: 0, cpuMs: 0, starved: null },
  };
}
