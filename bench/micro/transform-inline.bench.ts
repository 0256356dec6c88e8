/**
 * Up to which size a body is better transformed on the loop than in a thread: `node dist/bench/micro/transform-inline.bench.js [folder]`.
 *
 * A body of each size has one member masked and one dropped, sixteen at a time. Two costs of one body are measured: the time it keeps
 * the loop from other exchanges (event loop utilization), and CPU of the whole process, threads and all. Every size and way
 * runs in a fresh process, several rounds, the order reversed each round; medians are reported with the lowest and highest round.
 * With a folder, `results.json` and `report.md` are written there.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { type BodyPlan, transformBody } from '../../src/decision/policies/transform/transform-body.ts';
import { AcceptorPool } from '../../src/offload/acceptor-pool.ts';

const SIZES = [256, 1024, 4096, 16_384, 131_072, 1_048_576];
const WAYS = ['loop', 'thread'] as const;
const ROUNDS = 3;
const AT_ONCE = 16;
/** Bytes transformed in one run, and bodies at least and at most. */
const BYTES = 32 * 1024 ** 2;
const FEWEST = 32;
const MOST = 4_000;

type Way = (typeof WAYS)[number];

interface Sample {
  readonly size: number;
  readonly way: Way;
  readonly loopUs: number;
  readonly cpuUs: number;
}

const PLAN: BodyPlan = {
  from: 'json',
  to: 'json',
  steps: [
    { kind: 'mask', paths: [['customer', 'card']], keepLast: 4, with: '***' },
    { kind: 'drop', paths: [['items', null, 'cost']] },
  ],
  xml: { lists: [], prefixes: 'keep', root: null },
  soap: { version: '1.1', action: null },
};

function bodyOf(size: number): Buffer {
  const items: unknown[] = [];
  const body = { customer: { name: 'Ada', card: '4111111111111111' }, items };
  for (let id = 0; JSON.stringify(body).length < size - 60; id++)
    items.push({ id, sku: `sku-${id}`, price: 19.9, cost: 7 });
  return Buffer.from(JSON.stringify(body));
}

async function measure(size: number, way: Way): Promise<Sample> {
  const bytes = bodyOf(size);
  const count = Math.min(MOST, Math.max(FEWEST, Math.floor(BYTES / bytes.length / 4)));
  const pool = new AcceptorPool({ threads: 1 });
  const one = async (): Promise<void> => {
    const input = { plan: PLAN, bytes: Buffer.from(bytes), coding: 'identity', maxBytes: size } as const;
    if (way === 'loop') transformBody(input);
    else await pool.run('transformBody', input);
  };
  const run = async (bodies: number): Promise<void> => {
    let left = bodies;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await one();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  };
  await run(Math.ceil(count / 4));
  const loop = performance.eventLoopUtilization();
  const cpu = process.cpuUsage();
  await run(count);
  const { active } = performance.eventLoopUtilization(loop);
  const { user, system } = process.cpuUsage(cpu);
  await pool.close();
  return { size, way, loopUs: (active * 1000) / count, cpuUs: (user + system) / count };
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, middle, high] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!];
  return `${middle.toFixed(0)} (${low.toFixed(0)}-${high.toFixed(0)})`;
}

function report(samples: readonly Sample[]): string {
  const cell = (size: number, way: Way, cost: 'loopUs' | 'cpuUs'): string =>
    median(samples.filter((sample) => sample.size === size && sample.way === way).map((sample) => sample[cost]));
  const rows = SIZES.map((size) => {
    const cells = WAYS.flatMap((way) => [cell(size, way, 'loopUs'), cell(size, way, 'cpuUs')]);
    return `| ${size} | ${cells.join(' | ')} |`;
  });
  return [
    '# Bodies transformed on the loop and in a thread',
    '',
    `Microseconds for one body, median of ${ROUNDS} rounds (lowest-highest). ${cpus()[0]!.model}, ${cpus().length} CPUs, Node ${process.version}.`,
    'Made by `bench/micro/transform-inline.bench.ts`.',
    '',
    '| bytes | loop: holds the loop | loop: CPU | thread: holds the loop | thread: CPU |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const [first, second] = process.argv.slice(2);
if (second !== undefined) {
  process.stdout.write(JSON.stringify(await measure(Number(first), second as Way)));
} else {
  const variants = SIZES.flatMap((size) => WAYS.map((way) => ({ size, way })));
  const samples: Sample[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { size, way } of round % 2 === 0 ? variants : [...variants].reverse()) {
      const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), String(size), way]);
      samples.push(JSON.parse(output.toString()) as Sample);
    }
  }
  const text = report(samples);
  process.stdout.write(text);
  if (first !== undefined) {
    mkdirSync(first, { recursive: true });
    writeFileSync(join(first, 'results.json'), `${JSON.stringify(samples)}\n`);
    writeFileSync(join(first, 'report.md'), text);
  }
}
