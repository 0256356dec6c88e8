/** Starting processes on chosen cores, and what their whole tree has used. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Ticks a second of the times in /proc/PID/stat; Linux shows 100 to user space on every platform. */
const CLOCK_TICKS = 100;
/** Of every platform that Node 20 has builds for, but for some arm64 kernels. */
const PAGE_BYTES = 4_096;
const STOP_MS = 5_000;
/** A config of 100,000 routes takes a while to be read where cores are few and busy. */
const READY_MS = 60_000;
const ASK_EVERY_MS = 50;

/** Cores that this process may run on, by their numbers: a container may not have those that come first. */
function allowedCores(): number[] {
  const [, list = `0-${cpus().length - 1}`] =
    /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return Array.from({ length: to! - from! + 1 }, (_, at) => from! + at);
  });
}

/** Of the gateway, and of load and origins: their own each, unless there is only one. As `taskset -c` takes them. */
export function splitCores(forGateway: number): { readonly gateway: string; readonly load: string } {
  const all = allowedCores();
  const taken = Math.max(1, Math.min(forGateway, all.length - 1));
  return { gateway: all.slice(0, taken).join(','), load: (all.length > taken ? all.slice(taken) : all).join(',') };
}

/** The first core is the gateway's alone; load and origin share the rest. */
export const { gateway: GATEWAY_CORES, load: LOAD_CORES } = splitCores(1);

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const pinned = (cores: string, { command, args }: Command): [string, string[]] => [
  'taskset',
  ['-c', cores, command, ...args],
];

/** Of a process (proc(5): fields 4, 14 to 17 and 24, counted after the name, which may hold blanks). */
function readStat(
  pid: number,
): { readonly parent: number; readonly cpuMs: number; readonly residentBytes: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      parent: Number(fields[1]),
      cpuMs: (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 1000) / CLOCK_TICKS,
      residentBytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return null; // It ended between the listing and the look.
  }
}

type Stat = NonNullable<ReturnType<typeof readStat>>;

/** A figure of a process and all its living descendants, summed. */
function sumTree(root: number, figure: (stat: Stat) => number): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), stat: readStat(Number(name)) }));
  const sum = (pid: number): number => {
    const stat = processes.find((process) => process.pid === pid)?.stat ?? null;
    const children = processes.filter((process) => process.stat?.parent === pid);
    return children.reduce((total, child) => total + sum(child.pid), stat === null ? 0 : figure(stat));
  };
  return sum(root);
}

/** CPU time, user and system, that a process and all its descendants have used so far, those that ended too. Milliseconds. */
export function treeCpuMs(root: number): number {
  return sumTree(root, ({ cpuMs }) => cpuMs);
}

/** Resident memory of a process and all its living descendants; what they share is counted in each. */
export function treeResidentBytes(root: number): number {
  return sumTree(root, ({ residentBytes }) => residentBytes);
}

/** Time a core has been busy with anything at all since the machine started (proc(5), /proc/stat). Milliseconds. */
export function coreBusyMs(core: string): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${core} `))!;
  const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number);
  return ((user + nice + system + irq + softirq + steal) * 1_000) / CLOCK_TICKS;
}

/** A long-running process in a group of its own. */
export class Service {
  readonly #child: ChildProcess;
  readonly #name: string;
  #errors = '';
  #ended = false;

  constructor(name: string, cores: string, command: Command, folder: string) {
    const [file, args] = pinned(cores, command);
    this.#name = name;
    this.#child = spawn(file, args, {
      cwd: folder,
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    // In a group of its own it would outlive whoever started it.
    const kill = (): void => this.signal('SIGKILL');
    process.once('exit', kill);
    this.#child.on('exit', () => {
      this.#ended = true;
      process.off('exit', kill);
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything it started, too. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The whole group has ended.
    }
  }

  get cpuMs(): number {
    return treeCpuMs(this.#child.pid!);
  }

  /** Waits until it answers a request with 200. Throws with what it printed when it ends, or does not within a minute. */
  async ready(port: number, path = '/'): Promise<void> {
    await this.until(`does not answer on port ${port}`, () =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        async (response) => response.status === 200 && (await response.text()) !== '',
        () => false,
      ),
    );
  }

  /** Asks again and again. Throws as `ready` does, with the name of the service and, unless that has ended, `otherwise`. */
  async until(otherwise: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const giveUpAt = performance.now() + READY_MS; performance.now() < giveUpAt && !this.#ended; ) {
      if (await isSo()) return;
      await delay(ASK_EVERY_MS);
    }
    const what = this.#ended ? 'has ended' : `${otherwise} within ${READY_MS / 1_000} s`;
    throw new Error(`${this.#name} ${what}.\n${this.#errors}`);
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const exit = once(this.#child, 'exit');
    process.kill(this.pid, 'SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    await exit;
    clearTimeout(late);
    this.signal('SIGKILL');
  }
}

/** Runs a command to its end on the load's cores and returns what it printed. */
export async function runLoad(command: Command): Promise<string> {
  const [file, args] = pinned(LOAD_CORES, command);
  const child = spawn(file, args, { env: { ...process.env, ...command.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command.command} failed (${code}): ${errors}`);
  return output;
}

/** Absolute path of a command: what the environment variable names, else the one on the PATH; null when there is none. */
export function findBinary(command: string, variable?: string): string | null {
  const wanted = (variable && process.env[variable]) || command;
  try {
    return execFileSync('which', [wanted], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

const LEAST_PORT = 10_000;

/**
 * A port of 127.0.0.1 that was free a moment ago, and none of those that the system gives to connections: it stays free until
 * the process that it is for is started, and between its runs.
 */
export async function freePort(): Promise<number> {
  const [least] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
  for (let attempt = 0; attempt < 50 && least > LEAST_PORT; attempt++) {
    const port = await listenOnce(randomInt(LEAST_PORT, least));
    if (port !== null) return port;
  }
  return (await listenOnce(0))!;
}

/** @param wanted 0: any @returns null when somebody has it */
async function listenOnce(wanted: number): Promise<number | null> {
  const server = createServer().listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (wanted === 0) throw error;
    return null;
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
