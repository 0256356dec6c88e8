/**
 * How long a reload takes: `node dist/bench/micro/reload.bench.js [--routes 100000] [--reloads 12] [--every 2] [--change settings]`.
 *
 * A gateway of two acceptors runs with a JSON config of so many routes. One of twenty is changed, in turn its timeout
 * (`settings`) or its path (`paths`), and the supervisor gets a SIGHUP. Each line says how long it took from the signal to the last
 * acceptor's acknowledgement (as the gateway itself prints it), the processor time that the supervisor spent on it, its compile
 * thread included, and the memory that supervisor and acceptors hold afterwards.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.ts';
import { spread } from '../statistics.ts';

const GATEWAY = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const ACCEPTORS = 2;
const UPSTREAMS = 200;
const HOSTS = 12;
/** One of so many routes changes at a reload. */
const CHANGED = 20;

type Change = 'settings' | 'paths';

interface Usage {
  readonly residentMb: number;
  readonly cpuMs: number;
  readonly parent: number;
}

function configOf(routes: number, round: number, change: Change): string {
  const endpoints = (index: number): object => ({ endpoints: [`http://127.0.0.1:${9100 + index}`] });
  return JSON.stringify(
    {
      version: 1,
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      runtime: { acceptors: ACCEPTORS },
      telemetry: { accessLog: 'none' },
      upstreams: Object.fromEntries(Array.from({ length: UPSTREAMS }, (_, index) => [`u${index}`, endpoints(index)])),
      routes: Array.from({ length: routes }, (_, index) => {
        const isChanged = index % CHANGED === round % CHANGED;
        const place = isChanged && change === 'paths' ? `item${index}/changed` : `item${index}`;
        return {
          name: `r${index}`,
          match: {
            hosts: [`shop${index % HOSTS}.example.com`],
            path: `/svc${index % 400}/v${index % 3}/${place}/{id}`,
            methods: ['GET', 'POST'],
          },
          forward: { upstream: `u${index % UPSTREAMS}`, timeout: isChanged ? `${6 + (round % 20)}s` : '5s' },
        };
      }),
    },
    null,
    1,
  );
}

/** See proc(5): `stat` counts in hundredths of a second. */
function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return {
    residentMb: Math.round(Number(resident![1]) / 1024),
    cpuMs: 10 * (Number(fields[11]) + Number(fields[12])),
    parent: Number(fields[1]),
  };
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

/** Waits for the next line that the gateway prints and that matches. */
function nextLine(gateway: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (piece: Buffer): void => {
      text += piece;
      const match = pattern.exec(text);
      if (match === null) return;
      for (const stream of [gateway.stdout!, gateway.stderr!]) stream.off('data', onData);
      gateway.off('exit', onExit);
      resolve(match);
    };
    for (const stream of [gateway.stdout!, gateway.stderr!]) stream.on('data', onData);
    const onExit = (): void => reject(new Error(`the gateway has ended: ${text}`));
    gateway.once('exit', onExit);
  });
}

function show(name: string, values: readonly number[], unit: string): void {
  const { median, min, max } = spread(values);
  process.stdout.write(`${name.padEnd(34)} ${median.toFixed(2)} ${unit} (${min.toFixed(2)} to ${max.toFixed(2)})\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      routes: { type: 'string', default: '100000' },
      reloads: { type: 'string', default: '12' },
      every: { type: 'string', default: '2' },
      change: { type: 'string', default: 'settings' },
    },
  });
  const change: Change = values.change === 'paths' ? 'paths' : 'settings';
  const routes = Number(values.routes);
  const folder = mkdtempSync(join(tmpdir(), 'penstock-reload-'));
  const path = join(folder, 'penstock.json');
  writeFileSync(path, configOf(routes, 0, change));
  const begun = performance.now();
  const gateway = spawn(process.execPath, [GATEWAY, 'run', '-c', path], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    await nextLine(gateway, /listening on /);
    const startedMs = performance.now() - begun;
    process.stdout.write(`${JSON.stringify(describeMachine())}\n`);
    process.stdout.write(`${routes} routes, 1 of ${CHANGED} changed (${change}), ${ACCEPTORS} acceptors\n`);
    process.stdout.write(`start to serving: ${(startedMs / 1000).toFixed(2)} s\n`);
    const seconds: number[] = [];
    const cpu: number[] = [];
    for (let round = 1; round <= Number(values.reloads); round++) {
      writeFileSync(path, configOf(routes, round, change));
      await delay(1000 * Number(values.every));
      const before = usageOf(gateway.pid!);
      const live = nextLine(gateway, /generation \d+ is live: .* routes, ([\d.]+) s/);
      process.kill(gateway.pid!, 'SIGHUP');
      const took = Number((await live)[1]);
      const after = usageOf(gateway.pid!);
      seconds.push(took);
      cpu.push(after.cpuMs - before.cpuMs);
      const acceptors = childrenOf(gateway.pid!).map((pid) => usageOf(pid).residentMb);
      process.stdout.write(
        `${String(round).padStart(3)}  live after ${took.toFixed(2)} s  supervisor ${cpu.at(-1)} ms of processor, ` +
          `${after.residentMb} MB  acceptors ${acceptors.join(' and ')} MB\n`,
      );
    }
    show('live after', seconds.slice(1), 's');
    show('processor time of the supervisor', cpu.slice(1), 'ms');
  } finally {
    gateway.kill('SIGTERM');
    if (gateway.exitCode === null) await new Promise((resolve) => gateway.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
