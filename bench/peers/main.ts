/** `npm run bench:peers`: see options.ts for the command line, README.md for what is measured and how. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../machine.ts';
import { findBinary, freePort } from '../processes.ts';
import { loadKind } from './closed-loop.ts';
import { measurePeer, type Sample } from './measure.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { originKind, startOrigin } from './origin.ts';
import type { Peer, Ports } from './peer.ts';
import { PEERS } from './registry.ts';
import { type Results, ratioTable, valueTable, writeReport } from './report.ts';

interface Contender {
  readonly peer: Peer;
  readonly binary: string;
  readonly version: string;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function versionOf(peer: Peer, binary: string): string {
  // nginx prints its version to stderr, the others to stdout.
  const output = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', binary, ...peer.version.args], { encoding: 'utf8' });
  return peer.version.pattern.exec(output)?.[1] ?? 'of unknown version';
}

function findContenders(names: readonly string[]): Contender[] {
  return names.flatMap((name) => {
    const peer = PEERS.find((candidate) => candidate.name === name)!;
    const binary = findBinary(peer.binary.command, peer.binary.variable);
    if (binary !== null) return [{ peer, binary, version: versionOf(peer, binary) }];
    say(`${name}: not installed, left out (${peer.binary.variable} may name its binary)`);
    return [];
  });
}

async function measureRounds(contenders: readonly Contender[], options: Options, folder: string): Promise<Sample[]> {
  const ports: Ports = { gateway: await freePort(), admin: await freePort(), origin: await freePort() };
  const origin = await startOrigin(folder, ports.origin);
  const samples: Sample[] = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const order = round % 2 === 1 ? contenders : contenders.toReversed();
      for (const { peer, binary } of order) {
        const sample = await measurePeer(peer, binary, folder, ports, round, options);
        samples.push(sample);
        const { get, fixedRate } = sample;
        say(
          `round ${round}/${options.rounds}  ${peer.name.padEnd(8)} ${get.cpuMicrosPerRequest.toFixed(1).padStart(6)} us CPU, ` +
            `${get.requestsPerSecond.toFixed(0).padStart(6)} requests/s, p99 ${fixedRate.latency.p99} us`,
        );
      }
    }
  } finally {
    await origin.stop();
  }
  return samples;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) return void process.stdout.write(USAGE);
  if (cpus().length < 2)
    throw new Error('The comparison needs two cores: one for the gateway, one for load and origin.');
  if (findBinary('taskset') === null) throw new Error('The comparison needs taskset (Debian package util-linux).');
  const contenders = findContenders(options.peers);
  if (contenders.length === 0) throw new Error('None of the gateways is installed.');
  const folder = mkdtempSync(join(tmpdir(), 'penstock-peers-'));
  const machine = describeMachine();
  try {
    const samples = await measureRounds(contenders, options, folder);
    const { out, ...rest } = options;
    const date = new Date().toISOString().slice(0, 10);
    const results: Results = {
      date,
      machine,
      options: { ...rest, peers: contenders.map(({ peer }) => peer.name) },
      load: loadKind(),
      origin: originKind(),
      versions: Object.fromEntries(contenders.map(({ peer, version }) => [peer.name, version])),
      samples,
    };
    writeReport(out ?? join('perf-reports', `${date}-peers`), results);
    process.stdout.write([valueTable(results), ratioTable(results)].filter((text) => text !== null).join('\n\n'));
    process.stdout.write('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  say(error.message);
  process.exitCode = 2;
});
