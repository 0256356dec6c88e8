/**
 * What a rate limit costs a request: `node dist/bench/micro/token-buckets.bench.js`. Admitted and refused requests of 100 and of
 * 100,000 keys in a table of the default size, and several windows; and the exchange itself, of 64 and of 32 bits.
 *
 * Each case runs in a fresh process, several rounds, the order reversed each round; medians are printed with the lowest and the highest
 * round. Keys are addresses in random order, their strings
 * built just before the timed batch, as a listener has just read them.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Millis } from '../../src/brand.ts';
import type { LimitWindow } from '../../src/decision/policies/host.ts';
import { SharedRateLimits } from '../../src/shared-memory/rate-limiter.ts';
import { bucketBytes } from '../../src/shared-memory/token-buckets.ts';

const ROUNDS = 5;
const TIMES = 1_000_000;
const BATCH = 64;
const TABLE_KEYS = 262_144;

const PLENTY: LimitWindow = { requests: 1_000_000, per: 1000 as Millis, burst: 10_000_000 };
const LITTLE: LimitWindow = { requests: 1, per: 86_400_000 as Millis, burst: 1 };

const CASES: Readonly<Record<string, () => number>> = {
  'admitted, 100 keys': () => takes(100, [PLENTY]),
  'admitted, 100,000 keys': () => takes(100_000, [PLENTY]),
  'refused, 100 keys': () => takes(100, [LITTLE]),
  'refused, 100,000 keys': () => takes(100_000, [LITTLE]),
  'admitted by 3 windows, 100 keys': () =>
    takes(100, [PLENTY, { ...PLENTY, per: 2000 as Millis }, { ...PLENTY, per: 3000 as Millis }]),
  'load and exchange of 64 bits': () => exchanges64(),
  'load and exchange of 32 bits': () => exchanges32(),
};

/** @returns ns a call */
function takes(keys: number, windows: readonly LimitWindow[]): number {
  const limiter = new SharedRateLimits(new SharedArrayBuffer(bucketBytes(TABLE_KEYS))).limiter(
    'bench',
    windows,
    0 as Millis,
  );
  const batch = new Array<string>(BATCH).fill('');
  const times: number[] = [];
  let state = 0;
  for (let run = 0; run < TIMES / BATCH; run++) {
    for (let i = 0; i < BATCH; i++) {
      const key = Math.floor(Math.random() * keys);
      batch[i] = Buffer.from(`10.${key >> 16}.${(key >> 8) & 255}.${key & 255}`, 'latin1').toString('latin1');
    }
    const now = performance.now() as Millis;
    const start = process.hrtime.bigint();
    for (let i = 0; i < BATCH; i++) state += limiter.take(batch[i]!, now);
    times.push(Number(process.hrtime.bigint() - start) / BATCH);
  }
  if (Number.isNaN(state)) throw new Error('nothing was taken');
  // The first half fills the table. The quickest tenth: what others do on the machine is not the question.
  const sorted = times.slice(times.length / 2).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 10)]!;
}

function exchanges64(): number {
  const words = new BigInt64Array(new SharedArrayBuffer(8192));
  return timed(TIMES, (times) => {
    for (let i = 0; i < times; i++) {
      const at = i & 1023;
      const seen = Atomics.load(words, at);
      Atomics.compareExchange(words, at, seen, seen + 1n);
    }
  });
}

function exchanges32(): number {
  const words = new Int32Array(new SharedArrayBuffer(4096));
  return timed(TIMES, (times) => {
    for (let i = 0; i < times; i++) {
      const at = i & 1023;
      const seen = Atomics.load(words, at);
      Atomics.compareExchange(words, at, seen, seen + 1);
    }
  });
}

/** The quickest of ten parts, since the machine may be busy with something else: ns of CPU time a time. */
function timed(times: number, run: (times: number) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let part = 0; part < 10; part++) {
    const before = process.cpuUsage();
    run(times / 10);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / (times / 10));
  }
  return best;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

if (process.argv[2] === '--measure') {
  console.log(CASES[process.argv[3]!]!());
} else {
  const samples = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    const names = Object.keys(CASES);
    for (const name of round % 2 === 0 ? names : names.reverse()) {
      const ns = Number(
        execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--measure', name], { encoding: 'utf8' }),
      );
      samples.set(name, [...(samples.get(name) ?? []), ns]);
    }
  }
  console.log(`${cpus()[0]!.model}, Node ${process.version}, ${ROUNDS} rounds`);
  for (const name of Object.keys(CASES)) {
    const ns = samples.get(name)!;
    console.log(
      `${name.padEnd(34)} ${median(ns).toFixed(0).padStart(5)} ns (${Math.min(...ns).toFixed(0)}-${Math.max(...ns).toFixed(0)})`,
    );
  }
}
