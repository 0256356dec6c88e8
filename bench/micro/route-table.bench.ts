/**
 * What a route lookup costs among 100, 1,000, 10,000 and 100,000 routes: `node dist/bench/micro/route-table.bench.js [routes.tsv]`.
 *
 * Each size runs in a fresh process, several rounds, the order of sizes reversed each round; medians are printed with the
 * lowest and highest round. Route sets: templates of real APIs (METHOD, tab, path per line; the fixtures of the repository unless a
 * file is named), one host per API and environment, and the same behind one host with a path prefix each. A request
 * is made from a random route and its strings are built just before the timed batch, as a listener has just read them.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { buildRouteTable } from '../../src/decision/route/build-route-table.ts';
import { parsePathPattern } from '../../src/decision/route/path-pattern.ts';
import { RouteHit } from '../../src/decision/route/route-hit.ts';
import type { RouteMatch } from '../../src/decision/route/route-match.ts';
import { RouteTable } from '../../src/decision/route/route-table.ts';

const SIZES = [100, 1_000, 10_000, 100_000];
const SHAPES = ['hosts', 'prefixes'] as const;
const ROUNDS = 5;
const BATCH = 64;
const BATCHES = 6_000;
const FIXTURES = new URL('../../../test/fixtures/openapi/', import.meta.url);

type Shape = (typeof SHAPES)[number];

interface Operation {
  readonly api: string;
  readonly method: string;
  readonly path: string;
}

interface Sample {
  readonly nsPerLookup: number;
  readonly buildMs: number;
  readonly bytes: number;
}

/** A seeded generator (mulberry32), so that every run asks for the same routes in the same order. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A file of all APIs has paths `/<api>/...`; a fixture is one API, named by its file. */
function readOperations(source: string | undefined): Operation[] {
  const files = source === undefined ? readdirSync(FIXTURES).filter((name) => name.endsWith('.tsv')) : [source];
  const operations = files.flatMap((file) => {
    const text = readFileSync(source === undefined ? new URL(file, FIXTURES) : file, 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [method, path] = line.split('\t');
        if (source === undefined) return { api: file.replace(/\.tsv$/, ''), method, path };
        const [, api, ...rest] = path.split('/');
        return { api, method, path: `/${rest.join('/')}` };
      });
  });
  return operations.filter((operation) => isPathPattern(operation.path));
}

/** Leaves out what the real documents hold besides paths: query strings, fragments, parameters that are half a segment. */
function isPathPattern(path: string): boolean {
  if (!/^[\w/.~:@{}-]*$/.test(path)) return false;
  try {
    parsePathPattern(path);
    return true;
  } catch {
    return false;
  }
}

/** As many environments of every API as it takes; a smaller set is a random part of what a larger one holds. */
function makeRoutes(operations: readonly Operation[], count: number, shape: Shape): RouteMatch[] {
  const routes: RouteMatch[] = [];
  const largest = SIZES[SIZES.length - 1];
  for (let environment = 0; routes.length < largest; environment++) {
    for (const { api, method, path } of operations) {
      const name = `${api.replace(/[^a-z0-9.-]/g, '-')}`;
      const host = shape === 'hosts' ? [`${name}.env-${environment}.example.com`] : [];
      const prefix = shape === 'hosts' ? '' : `/env-${environment}/${name}`;
      routes.push({ hosts: host, path: prefix + path, methods: [method], headers: [], query: [] });
    }
  }
  const random = makeRandom(1);
  for (let i = routes.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [routes[i], routes[j]] = [routes[j], routes[i]];
  }
  return routes.slice(0, count);
}

/** Request heads as bytes, so that the strings of each batch are new and warm when it begins, as behind a listener. */
function makeRequests(routes: readonly RouteMatch[]): Buffer[] {
  const random = makeRandom(2);
  return Array.from({ length: BATCH * BATCHES }, () => {
    const route = routes[Math.floor(random() * routes.length)];
    const path = route.path.replace(/\{[^}]+\}/g, () => Math.floor(random() * 1e9).toString(36));
    return Buffer.from(`${route.methods[0]} ${route.hosts[0] ?? 'example.com'} ${path}`, 'latin1');
  });
}

function measure(source: string | undefined, count: number, shape: Shape): Sample {
  const routes = makeRoutes(readOperations(source), count, shape);
  const started = performance.now();
  const built = buildRouteTable(routes);
  const buildMs = performance.now() - started;
  const bytes = new Uint8Array(new SharedArrayBuffer(built.length));
  bytes.set(built);
  const table = new RouteTable(bytes);
  const requests = makeRequests(routes);
  const hit = new RouteHit();
  const header = () => null;
  const batchNs: number[] = [];
  let missed = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const facts = requests.slice(batch * BATCH, (batch + 1) * BATCH).map((head) => {
      const [method, host, path] = head.toString('latin1').split(' ').map(freshCopy);
      return { method, host, path, query: null, header };
    });
    const start = process.hrtime.bigint();
    for (let i = 0; i < BATCH; i++) if (table.lookup(facts[i], hit) < 0) missed++;
    batchNs.push(Number(process.hrtime.bigint() - start) / BATCH);
  }
  if (missed > 0) throw new Error(`${missed} lookups found no route`);
  return { nsPerLookup: median(batchNs.slice(BATCHES / 3)), buildMs, bytes: built.length };
}

/** A flat string of its own: `split` makes slices, which are slower to read than what a listener hands over. */
function freshCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function runRounds(source: string | undefined): void {
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < ROUNDS; round++) {
    const sizes = round % 2 === 0 ? SIZES : [...SIZES].reverse();
    for (const shape of SHAPES) {
      for (const size of sizes) {
        const args = [
          fileURLToPath(import.meta.url),
          '--measure',
          shape,
          String(size),
          ...(source === undefined ? [] : [source]),
        ];
        const sample = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Sample;
        const key = `${shape} ${size}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
    }
  }
  print(samples);
}

function print(samples: ReadonlyMap<string, readonly Sample[]>): void {
  console.log(
    `${cpus()[0].model}, Node ${process.version}, ${ROUNDS} rounds, ${(BATCH * BATCHES * 2) / 3} lookups each`,
  );
  console.log('routes by   count    ns/lookup (low-high)   x of 100   build ms   table KiB');
  for (const shape of SHAPES) {
    const base = median(samples.get(`${shape} ${SIZES[0]}`)!.map((sample) => sample.nsPerLookup));
    for (const size of SIZES) {
      const rounds = samples.get(`${shape} ${size}`)!;
      const times = rounds.map((sample) => sample.nsPerLookup);
      const spread = `(${Math.min(...times).toFixed(0)}-${Math.max(...times).toFixed(0)})`;
      console.log(
        shape.padEnd(9),
        String(size).padStart(7),
        median(times).toFixed(0).padStart(9),
        spread.padEnd(14),
        (median(times) / base).toFixed(2).padStart(12),
        median(rounds.map((sample) => sample.buildMs))
          .toFixed(0)
          .padStart(10),
        (rounds[0].bytes / 1024).toFixed(0).padStart(11),
      );
    }
  }
}

if (process.argv[2] === '--measure') {
  const [, , , shape, size, source] = process.argv;
  console.log(JSON.stringify(measure(source, Number(size), shape as Shape)));
} else {
  runRounds(process.argv[2]);
}
