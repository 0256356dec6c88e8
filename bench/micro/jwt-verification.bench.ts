/**
 * What it costs to check a token that was not seen before, by where and with what it is done:
 * `node dist/bench/micro/jwt-verification.bench.js FOLDER` writes FOLDER/results.json and FOLDER/report.md.
 *
 * Every variant runs in a fresh process, several rounds, the order reversed each round. Counted is CPU time of the whole process
 * (all threads, user and system, /proc/self) and of its main thread alone, which is the time its loop is held up, over tokens
 * that all differ, in batches of as many as arrive in one turn of a loop.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importJWK, SignJWT } from 'jose';
import { Piscina } from 'piscina';
import type { AlgorithmName } from '../../src/decision/policies/jwt/algorithms.ts';
import { type Batch, verifyWithJose, verifyWithNode } from './jwt-verification-thread.ts';

const ALGORITHMS = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'] as const satisfies readonly AlgorithmName[];
const VARIANTS = ['jose, inline', 'node:crypto, inline', 'jose, in a thread', 'node:crypto, in a thread'] as const;
const BATCHES = [1, 16];
const ROUNDS = 5;
const TOKENS = 4096;
const WARM_UP = 1024;

type Variant = (typeof VARIANTS)[number];

interface Sample {
  readonly processUs: number;
  readonly loopUs: number;
}

interface Row extends Sample {
  readonly algorithm: string;
  readonly variant: Variant;
  readonly batch: number;
  readonly round: number;
}

function makeKeys(alg: AlgorithmName): { signing: object; checking: Batch['jwk'] } {
  if (alg === 'HS256') {
    const jwk = { kty: 'oct', k: randomBytes(32).toString('base64url') };
    return { signing: jwk, checking: jwk };
  }
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { signing: pair.privateKey.export({ format: 'jwk' }), checking: pair.publicKey.export({ format: 'jwk' }) };
}

/** Tokens as an issuer gives them out: some 150 bytes of claims, each with another subject. */
async function makeTokens(alg: AlgorithmName, signing: object, count: number): Promise<string[]> {
  const key = await importJWK(signing as Parameters<typeof importJWK>[0], alg);
  const tokens: string[] = [];
  for (let i = 0; i < count; i++) {
    const claims = { iss: 'https://issuer.example', aud: 'api', sub: `user-${i}`, scope: 'read write', org: 'acme' };
    const token = new SignJWT(claims).setProtectedHeader({ alg, kid: 'k1' }).setIssuedAt().setExpirationTime('12h');
    tokens.push(await token.sign(key));
  }
  return tokens;
}

function makeVariant(variant: Variant): { check(batch: Batch): unknown; close(): Promise<void> } {
  if (variant === 'jose, inline') return { check: verifyWithJose, close: async () => {} };
  if (variant === 'node:crypto, inline') return { check: verifyWithNode, close: async () => {} };
  const filename = new URL('./jwt-verification-thread.js', import.meta.url).href;
  const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
  const name = variant === 'jose, in a thread' ? 'verifyWithJose' : 'verifyWithNode';
  return { check: (batch) => pool.run(batch, { name }), close: () => pool.destroy() };
}

/** CPU time of the main thread: the first number is nanoseconds (proc(5), schedstat). */
function loopNs(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]);
}

/** @param file made by `prepare` */
async function measure(file: string, variant: Variant, size: number): Promise<Sample> {
  const { alg, jwk: checking, tokens } = JSON.parse(readFileSync(file, 'utf8')) as Batch;
  const { check, close } = makeVariant(variant);
  const run = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += size) {
      const claims = (await check({ alg, jwk: checking, tokens: tokens.slice(at, at + size) })) as { sub: string }[];
      if (claims.length !== size || claims[0]!.sub !== `user-${at}`) throw new Error('wrong claims');
      // One batch a turn of the loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await run(0, WARM_UP);
  const cpu = process.cpuUsage();
  const loop = loopNs();
  await run(WARM_UP, WARM_UP + TOKENS);
  const { user, system } = process.cpuUsage(cpu);
  const sample = { processUs: (user + system) / TOKENS, loopUs: (loopNs() - loop) / 1000 / TOKENS };
  await close();
  return sample;
}

/** Signing takes longer than checking: done once, for all rounds. */
async function prepare(folder: string): Promise<void> {
  for (const alg of ALGORITHMS) {
    const { signing, checking } = makeKeys(alg);
    const batch: Batch = { alg, jwk: checking, tokens: await makeTokens(alg, signing, WARM_UP + TOKENS) };
    writeFileSync(join(folder, `${alg}.json`), JSON.stringify(batch));
  }
}

async function runRounds(folder: string): Promise<void> {
  const prepared = mkdtempSync(join(tmpdir(), 'penstock-jwt-'));
  await prepare(prepared);
  const cases = ALGORITHMS.flatMap((algorithm) =>
    BATCHES.flatMap((batch) => VARIANTS.map((variant) => ({ algorithm, batch, variant }))),
  );
  const rows: Row[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { algorithm, batch, variant } of round % 2 === 0 ? cases : cases.toReversed()) {
      const args = [
        fileURLToPath(import.meta.url),
        '--one',
        join(prepared, `${algorithm}.json`),
        variant,
        String(batch),
      ];
      const sample = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Sample;
      rows.push({ algorithm, variant, batch, round, ...sample });
    }
  }
  rmSync(prepared, { recursive: true });
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const about = {
    machine: `${cpus().length} x ${cpus()[0]!.model}`,
    node: process.version,
    commit,
    tokens: TOKENS,
    rounds: ROUNDS,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ about, rows }, null, 1)}\n`);
  writeFileSync(join(folder, 'report.md'), reportOf(about, rows));
}

function reportOf(about: Readonly<Record<string, unknown>>, rows: readonly Row[]): string {
  const cell = (chosen: readonly Row[], of: keyof Sample): string => {
    const values = chosen.map((row) => row[of]).sort((a, b) => a - b);
    const [low, middle, high] = [values[0]!, values[values.length >> 1]!, values.at(-1)!];
    return `${middle.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
  };
  const lines = ALGORITHMS.flatMap((algorithm) =>
    BATCHES.flatMap((batch) =>
      VARIANTS.map((variant) => {
        const chosen = rows.filter(
          (row) => row.algorithm === algorithm && row.batch === batch && row.variant === variant,
        );
        return `| ${algorithm} | ${batch} | ${variant} | ${cell(chosen, 'processUs')} | ${cell(chosen, 'loopUs')} |`;
      }),
    ),
  );
  const medianOf = (algorithm: string, variant: Variant, batch: number): number => {
    const values = rows.filter((row) => row.algorithm === algorithm && row.variant === variant && row.batch === batch);
    return values.map((row) => row.processUs).sort((a, b) => a - b)[values.length >> 1]!;
  };
  const cheapest = ALGORITHMS.flatMap((algorithm) =>
    BATCHES.map((batch) => {
      const [best] = VARIANTS.toSorted((a, b) => medianOf(algorithm, a, batch) - medianOf(algorithm, b, batch));
      return `- ${algorithm}, ${batch} in a turn: ${best}`;
    }),
  );
  return `# What it costs to check a token for the first time

Made by \`bench/micro/jwt-verification.bench.ts\`: ${about['machine']}, Node ${about['node']}, commit ${about['commit']}.
${about['rounds']} rounds in fresh processes, order reversed each round, ${about['tokens']} tokens each that all differ; median (lowest to highest) in
microseconds of CPU a token. "All threads" is what the machine pays; "loop" is what of it holds up the acceptor's loop. "In a
turn" is how many tokens arrive in one turn of the loop and go to the thread together.

| algorithm | in a turn | variant | all threads | loop |
|---|---|---|---|---|
${lines.join('\n')}

## Cheapest by the time of all threads

${cheapest.join('\n')}
`;
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === '--one') {
  const [file, variant, batch] = rest as [string, Variant, string];
  process.stdout.write(JSON.stringify(await measure(file, variant, Number(batch))));
} else if (mode !== undefined) await runRounds(mode);
else {
  process.stderr.write('usage: jwt-verification.bench.js FOLDER\n');
  process.exitCode = 2;
}
