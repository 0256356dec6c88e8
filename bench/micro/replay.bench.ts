/**
 * What a replay costs: `node dist/bench/micro/replay.bench.js [REQUESTS]`. A recording is made of a shop's traffic - four routes with
 * keys, limits, groups and places, sixteen consumers, 750 clients - and replayed by `penstock replay` against a config, and against
 * two that differ, so that two thirds of the requests change.
 *
 * Each case runs in a fresh process, several rounds, the order reversed each round; medians of the CPU time, user and system, are
 * printed with the lowest and the highest round, and the most memory of all rounds.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replay } from '../../src/cli/replay.ts';
import type { RecordedExchange } from '../../src/recording/recorded-exchange.ts';
import { RecordingWriter } from '../../src/recording/write-recording.ts';

const ROUNDS = 3;
const REQUESTS = 1_000_000;
const MEAN_GAP_MS = 4;
const PATHS = ['/catalog/', '/p/shoes/', '/search?q=', '/checkout/cart/', '/nowhere/'] as const;
const ROUTES = ['catalog', 'product', 'search', 'checkout', null] as const;

const CASES: Readonly<Record<string, readonly string[]>> = {
  'one config': ['-c', 'new.json'],
  'two configs': ['-c', 'new.json', '--against', 'old.json'],
  'two configs, limits suggested': ['-c', 'new.json', '--against', 'old.json', '--suggest'],
};

const config = (limit: string, tier: string, searchUpstream: string): object => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:8080' }],
  upstreams: {
    catalog: { endpoints: ['http://127.0.0.1:9001'] },
    search: { endpoints: ['http://127.0.0.1:9002'] },
    'search-2': { endpoints: ['http://127.0.0.1:9003'] },
  },
  consumers: Object.fromEntries(
    Array.from({ length: 16 }, (_, i) => [`team-${i}`, { groups: ['teams'], keys: [`key-of-team-${i}-0123456789`] }]),
  ),
  policies: { team: [{ keyAuth: { header: 'x-api-key' } }, { rateLimit: { limit, by: 'consumer' } }] },
  routes: [
    {
      name: 'catalog',
      match: { hosts: ['shop.test'], path: '/catalog/*', methods: ['GET'] },
      policies: ['team', { headers: { request: { set: { 'x-tier': tier } } } }],
      forward: { upstream: 'catalog', stripPrefix: '/catalog' },
    },
    {
      name: 'product',
      match: { hosts: ['shop.test'], path: '/p/{category}/{id}' },
      policies: [{ rateLimit: { limit: '600/min', by: 'ip' } }],
      forward: { upstream: 'catalog' },
    },
    { name: 'search', match: { path: '/search' }, forward: { upstream: searchUpstream } },
    {
      name: 'checkout',
      match: { path: '/checkout/*' },
      policies: ['team', { authorize: { groups: ['teams'] } }, { concurrency: { limit: 50, by: 'consumer' } }],
      forward: { upstream: 'catalog' },
    },
  ],
});

async function makeRecording(path: string, requests: number): Promise<void> {
  const head = { recording: 1, began: '2026-01-05T10:00:00Z', source: 'made for the bench', licence: null } as const;
  const writer = await RecordingWriter.open(path, head);
  let at = 0;
  for (let i = 0; i < requests; i++) {
    at += -Math.log(1 - Math.random()) * MEAN_GAP_MS;
    await writer.write(exchangeAt(at));
  }
  await writer.finish(null);
}

function exchangeAt(at: number): RecordedExchange {
  const kind = Math.min(4, Math.floor(Math.random() ** 1.4 * 5));
  const team = Math.floor(Math.random() ** 2 * 16);
  const isTeams = kind === 0 || kind === 3;
  return {
    at,
    scheme: 'http',
    method: kind === 3 ? 'POST' : 'GET',
    host: 'shop.test',
    path: `${PATHS[kind]}${Math.floor(Math.random() * 10_000)}`,
    headers: [
      [
        'user-agent',
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36',
      ],
      ['accept', 'application/json, text/plain, */*'],
      ['accept-encoding', 'gzip, deflate, br'],
      ['cookie', `session=${pseudonym(1000 + Math.floor(Math.random() * 5000))}`],
      ...(isTeams ? [['x-api-key', pseudonym(team)] as const] : []),
    ],
    body: kind === 3 ? { bytes: 83, sha256: null } : null,
    client: `10.0.${Math.floor(Math.random() * 3)}.${Math.floor(Math.random() * 250)}`,
    consumer: isTeams ? `team-${team}` : null,
    route: ROUTES[kind]!,
    status: kind === 4 ? 404 : 200,
    responseBytes: 1234,
    upstreamMs: kind === 4 ? null : Math.random() * 40,
  };
}

function pseudonym(number: number): string {
  return `pseudonym-${String(number).padStart(32, '0')}`;
}

interface Cost {
  readonly cpuMs: number;
  readonly rssMiB: number;
  readonly changed: number;
}

/** In a process of its own, whose folder holds what is replayed. */
async function measure(name: string): Promise<Cost> {
  let text = '';
  const output = { out: (piece: string) => (text += piece), error: (piece: string) => process.stderr.write(piece) };
  await replay(['--recording', 'traffic.ndjson.gz', '--json', ...CASES[name]!], output);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const { changed } = JSON.parse(text) as { changed: number };
  return { cpuMs: (userCPUTime + systemCPUTime) / 1000, rssMiB: maxRSS / 1024, changed };
}

async function main(requests: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-replay-bench-'));
  try {
    writeFileSync(join(folder, 'old.json'), JSON.stringify(config('100/s', 'gold', 'search')));
    writeFileSync(join(folder, 'new.json'), JSON.stringify(config('20/s', 'silver', 'search-2')));
    await makeRecording(join(folder, 'traffic.ndjson.gz'), requests);
    const names = Object.keys(CASES);
    const costs = new Map<string, Cost[]>(names.map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const child = [fileURLToPath(import.meta.url), 'case', name];
        costs
          .get(name)!
          .push(JSON.parse(execFileSync(process.execPath, child, { cwd: folder, encoding: 'utf8' })) as Cost);
      }
    }
    process.stdout.write(`${requests} requests, ${cpus()[0]?.model ?? 'an unknown CPU'}, Node ${process.version}\n`);
    for (const [name, rounds] of costs) process.stdout.write(`${lineOf(name, rounds, requests)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lineOf(name: string, rounds: readonly Cost[], requests: number): string {
  const seconds = rounds.map(({ cpuMs }) => cpuMs / 1000).sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)]!;
  const each = (median * 1_000_000) / requests;
  const spread = `${seconds[0]!.toFixed(1)} to ${seconds.at(-1)!.toFixed(1)}`;
  const memory = Math.max(...rounds.map(({ rssMiB }) => rssMiB));
  const changed = ((rounds[0]!.changed / requests) * 100).toFixed(0);
  return `${name.padEnd(32)} ${median.toFixed(1).padStart(6)} s of CPU (${spread}), ${each.toFixed(1)} us a request, ${memory.toFixed(0)} MiB, ${changed}% change`;
}

if (process.argv[2] === 'case') process.stdout.write(JSON.stringify(await measure(process.argv[3]!)));
else await main(Number(process.argv[2] ?? REQUESTS));
