/** A real gateway in processes of its own, as a user starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { within } from './deadline.ts';
import type { Lifetime } from './lifetime.ts';
import { repositoryRoot } from './repository-root.ts';
import { tempDir } from './temp-dir.ts';

const START_MS = 30_000;
const STOP_MS = 20_000;
const LISTENING = /^listening on (\S+) \((?:listener )?(\S+)\)$/gm;

/** What a test needs to know of a config; the gateway's own schema checks the rest. */
export interface GatewayConfig {
  readonly listeners: readonly { readonly name: string }[];
  readonly admin?: unknown;
}

export interface GatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where its config comes from instead of the file that is written for it: arguments for `penstock run`. */
  readonly source?: readonly string[];
  /** More arguments for `penstock run`. */
  readonly args?: readonly string[];
}

export interface GatewayExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Gateway {
  readonly configPath: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<GatewayExit>;
  #stdout = '';
  #stderr = '';
  #wake = new Set<() => void>();

  constructor(child: ChildProcess, configPath: string) {
    this.#child = child;
    this.configPath = configPath;
    this.#exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as GatewayExit);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#print(text, ''));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#print('', text));
    child.on('exit', () => this.#print('', ''));
  }

  #print(stdout: string, stderr: string): void {
    this.#stdout += stdout;
    this.#stderr += stderr;
    for (const wake of this.#wake) wake();
  }

  /** Process id of the supervisor. */
  get pid(): number {
    return this.#child.pid!;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until the printed text (stdout, then stderr) matches. Fails when the gateway exits first. */
  async printed(pattern: RegExp, ms: number = START_MS): Promise<RegExpExecArray> {
    const output = (): string => `${this.#stdout}${this.#stderr}`;
    for (;;) {
      const match = pattern.exec(output());
      if (match !== null) return match;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`gateway exited (${this.#child.exitCode}):\n${output()}`);
      let wake = (): void => {};
      const more = new Promise<void>((resolve) => (wake = resolve));
      this.#wake.add(wake);
      await within(more, `${pattern} from the gateway`, ms, output).finally(() => this.#wake.delete(wake));
    }
  }

  /** Where a listener, or `admin`, answers: `http://127.0.0.1:PORT`. */
  urlOf(name: string): string {
    const found = [...this.#stdout.matchAll(LISTENING)].findLast((match) => match[2] === name);
    if (found === undefined) throw new Error(`the gateway has printed no address of ${name}`);
    return found[1];
  }

  portOf(name: string): number {
    return Number(new URL(this.urlOf(name)).port);
  }

  /** `GET /status` of the admin address. */
  async status(): Promise<{ readonly acceptors: readonly { readonly pid: number }[] }> {
    const response = await fetch(new URL('/status', this.urlOf('admin')));
    return (await response.json()) as { acceptors: { pid: number }[] };
  }

  /** Process ids of the acceptors that run now. */
  async acceptorPids(): Promise<readonly number[]> {
    return (await this.status()).acceptors.map(({ pid }) => pid);
  }

  /** Reads nothing more of what it prints, so that its pipes fill. */
  stopReading(): void {
    this.#child.stdout!.pause();
  }

  /** Closes the reading ends of its pipes, as a terminal or `head` that has gone. */
  hangUp(): void {
    this.#child.stdout!.destroy();
    this.#child.stderr!.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for the supervisor to end by itself. */
  exited(ms: number = STOP_MS): Promise<GatewayExit> {
    return within(this.#exited, 'exit of the gateway', ms, () => this.#stderr);
  }

  /** Asks the gateway to drain (SIGTERM) and waits for its end. */
  stop(): Promise<GatewayExit> {
    this.signal('SIGTERM');
    return this.exited();
  }

  /** Ends the supervisor and everything it started, at once. */
  kill(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The whole process group has ended already.
    }
  }
}

/**
 * Starts `penstock run` without waiting for anything: for configs that are refused.
 *
 * @param config a config, or its text
 */
export function spawnGateway(
  lifetime: Lifetime,
  config: GatewayConfig | string,
  options: GatewayOptions = {},
): Gateway {
  const configPath = join(tempDir(lifetime), 'penstock.yaml');
  writeFileSync(configPath, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  const command = [
    join(repositoryRoot, 'dist/src/main.js'),
    'run',
    ...(options.source ?? ['-c', configPath]),
    ...(options.args ?? []),
  ];
  const child = spawn(process.execPath, command, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the acceptors of a supervisor that was killed can be found and ended too.
    detached: true,
  });
  const gateway = new Gateway(child, configPath);
  const kill = (): void => gateway.kill();
  process.once('exit', kill);
  lifetime.after(() => {
    process.off('exit', kill);
    kill();
  });
  return gateway;
}

/**
 * Starts `penstock run` and waits until every listener, and the admin address when there is one, is announced.
 * Use port 0 in the config. Ended when the lifetime ends.
 */
export async function startGateway(
  lifetime: Lifetime,
  config: GatewayConfig | string,
  options: GatewayOptions = {},
): Promise<Gateway> {
  const { listeners, admin } = typeof config === 'string' ? (parse(config) as GatewayConfig) : config;
  const gateway = spawnGateway(lifetime, config, options);
  const names = [...listeners.map(({ name }) => name), ...(admin === undefined ? [] : ['admin'])];
  for (const name of names) await gateway.printed(new RegExp(`^listening on \\S+ \\((?:listener )?${name}\\)$`, 'm'));
  return gateway;
}
