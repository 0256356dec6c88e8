/**
 * `npm run bench:chain`: what policies cost, side by side.
 *
 *   npm run bench:chain -- [--rounds 5] [--seconds 5] [--only TEXT] [--out FOLDER]      (only those whose name holds TEXT)
 *
 * One gateway after the other on the first core, load and origin on the rest, order reversed each round. The figure is the
 * CPU time per request of all processes of the gateway; medians with least and greatest.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.ts';
import { DISTURBED } from '../peers/measure.ts';
import { startOrigin } from '../peers/origin.ts';
import type { Ports } from '../peers/peer.ts';
import { coreBusyMs, findBinary, freePort, GATEWAY_CORES, Service } from '../processes.ts';
import { makeTokens, type TokenSet } from '../scenarios/tokens.ts';
import { CONTENDERS, type Contender } from './contenders.ts';
import { type ChainResults, type ChainSample, reportText, valueTable } from './report.ts';
import { tokenLoad } from './token-load.ts';

const CONNECTIONS = 32;
/** Long enough for V8 to have compiled the longer path, too. */
const WARM_UP_SECONDS = 5;
const ATTEMPTS = 3;
const SEEN_TOKENS = 1000;
/** Many times what a gateway remembers, so that each has been forgotten when it comes again. */
const NEW_TOKENS = 10_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function measure(
  contender: Contender,
  workFolder: string,
  ports: Ports,
  tokens: TokenSet,
  round: number,
  seconds: number,
): Promise<ChainSample> {
  const folder = join(workFolder, `${contender.name.replaceAll(/\W+/g, '-')}-${round}`);
  mkdirSync(folder);
  const { files, args, env = {} } = contender.launch(folder, ports, tokens);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const binary = findBinary(contender.peer.binary.command, contender.peer.binary.variable)!;
  const gateway = new Service(contender.name, GATEWAY_CORES, { command: binary, args, env }, folder);
  const load = (time: number) =>
    tokenLoad(folder, join(workFolder, contender.tokens), {
      port: ports.gateway,
      connections: CONNECTIONS,
      seconds: time,
    });
  try {
    await gateway.ready(ports.gateway);
    await load(WARM_UP_SECONDS);
    for (let attempt = 1; ; attempt++) {
      const [cpuBefore, coreBefore] = [gateway.cpuMs, coreBusyMs(GATEWAY_CORES)];
      const { requests, seconds: took, failures } = await load(seconds);
      const [cpuMs, coreMs] = [gateway.cpuMs - cpuBefore, coreBusyMs(GATEWAY_CORES) - coreBefore];
      const disturbance = Math.max(0, coreMs - cpuMs) / (took * 1000);
      if (disturbance > DISTURBED && attempt < ATTEMPTS) continue;
      return {
        contender: contender.name,
        round,
        cpuMicrosPerRequest: (cpuMs * 1000) / requests,
        requestsPerSecond: requests / took,
        failures,
        disturbance,
      };
    }
  } finally {
    await gateway.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      out: { type: 'string' },
      only: { type: 'string', default: '' },
    },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const contenders = CONTENDERS.filter(
    ({ name, peer }) => name.includes(values.only) && findBinary(peer.binary.command, peer.binary.variable) !== null,
  );
  const folder = mkdtempSync(join(tmpdir(), 'penstock-chain-'));
  const ports: Ports = { gateway: await freePort(), admin: await freePort(), origin: await freePort() };
  say(`making ${NEW_TOKENS} tokens`);
  const tokens = makeTokens(NEW_TOKENS);
  writeFileSync(join(folder, 'new'), `${tokens.tokens.join('\n')}\n`);
  writeFileSync(join(folder, 'seen'), `${tokens.tokens.slice(0, SEEN_TOKENS).join('\n')}\n`);
  const origin = await startOrigin(folder, ports.origin);
  const samples: ChainSample[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        const sample = await measure(contender, folder, ports, tokens, round, seconds);
        samples.push(sample);
        say(
          `round ${round}/${rounds}  ${contender.name.padEnd(26)} ${sample.cpuMicrosPerRequest.toFixed(1).padStart(6)} us CPU, ` +
            `${sample.requestsPerSecond.toFixed(0)} requests/s, ${sample.failures} failures`,
        );
      }
    }
  } finally {
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const date = new Date().toISOString().slice(0, 10);
  const results: ChainResults = { date, machine: describeMachine(), rounds, seconds, samples };
  const out = values.out ?? join('perf-reports', `${date}-chain`);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(out, 'report.md'), reportText(results));
  process.stdout.write(`${valueTable(results)}\n`);
}

main().catch((error: Error) => {
  say(error.message);
  process.exitCode = 2;
});
