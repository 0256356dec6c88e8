/** One experiment, once: fresh origins, a fresh gateway, the load, and what the gateway used meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import { runGenerator } from '../load/run-generator.ts';
import type { LoadProgress, LoadResult } from '../load/workload.ts';
import { type Command, coreBusyMs, Service, splitCores, treeResidentBytes } from '../processes.ts';
import type { Experiment } from './experiment.ts';
import { Origins } from './origins.ts';
import { type GatewayTimes, overheadBetween, readGatewayTimes } from './overhead.ts';
import type { GatewayUse, RunResult } from './run-result.ts';

/** How long what goes on around a run may take to end once it was measured. */
const DURING_MS = 5_000;

export interface MeasureOptions {
  readonly round: number;
  /** `dist/src/main.js` of the build that is measured. */
  readonly main: string;
  /** Options of Node for it; none when left out. */
  readonly nodeArgs?: readonly string[];
  /** Another gateway, in place of that build. */
  readonly peer?: PeerLaunch;
  /** In place of the bench's own generator, and of its own origins. */
  readonly makeLoad?: typeof runGenerator;
  readonly makeOrigins?: (ports: readonly number[], cores: string) => RunOrigins;
  readonly signal: AbortSignal;
  onProgress(progress: LoadProgress): void;
  /** A sentence for the report. */
  onNote(text: string): void;
  /** When the first request that is counted comes due, and when the last one has. */
  onMeasuring?(): void;
  onMeasured?(): void;
}

/** A gateway of another make. It says nothing of its own times. */
export interface PeerLaunch {
  readonly name: string;
  readonly command: Command;
  /** Whether it answers as it should by now. */
  isReady(): Promise<boolean>;
}

export type RunOrigins = Pick<Origins, 'startAll' | 'start' | 'kill' | 'stop'>;

/** @throws Error with what was printed when the gateway, an origin or the generator fails; the signal's reason when aborted */
export async function measure(experiment: Experiment, options: MeasureOptions): Promise<RunResult> {
  const cores = splitCores(experiment.acceptors);
  const { makeOrigins = (ports, on) => new Origins(ports, on) } = options;
  const origins = makeOrigins(experiment.originPorts, cores.load);
  let gateway: Service | null = null;
  try {
    await origins.startAll();
    options.signal.throwIfAborted();
    gateway = startGateway(experiment, options, cores.gateway);
    if (options.peer === undefined) await gateway.ready(experiment.adminPort, '/readyz');
    else await gateway.until('does not answer as it should', options.peer.isReady);
    return await underLoad(experiment, gateway, origins, options);
  } finally {
    await Promise.all([gateway?.stop(), origins.stop()]);
  }
}

function startGateway(experiment: Experiment, options: MeasureOptions, cores: string): Service {
  const { folder, configFile } = experiment;
  const { main, nodeArgs = [], peer } = options;
  if (peer !== undefined) return new Service(peer.name, cores, peer.command, folder);
  const args = [...nodeArgs, main, 'run', '-c', configFile];
  return new Service('the gateway', cores, { command: process.execPath, args }, folder);
}

async function underLoad(
  experiment: Experiment,
  gateway: Service,
  origins: RunOrigins,
  options: MeasureOptions,
): Promise<RunResult> {
  const { round, signal, onProgress, onNote } = options;
  const { plan, acceptors, folder } = experiment;
  const { peer, makeLoad = runGenerator } = options;
  const adminPort = peer === undefined ? experiment.adminPort : null;
  const cores = splitCores(acceptors);
  const measuring = new AbortController();
  let before: Promise<Look> | null = null;
  let during: Promise<void> = Promise.resolve();
  const begin = (): void => {
    options.onMeasuring?.();
    before = lookAt(gateway, adminPort, cores.gateway);
    before.catch(() => {}); // Told below, too.
    during =
      experiment.during?.({
        until: measuring.signal,
        folder,
        gatewayPid: peer === undefined ? gateway.pid : 0,
        adminUrl: `http://127.0.0.1:${experiment.adminPort}`,
        killOrigin: (index) => origins.kill(index),
        startOrigin: (index) => origins.start(index),
        note: onNote,
      }) ?? during;
    during.catch(() => {}); // Told below, when the load is over.
  };
  try {
    const load = await makeLoad(plan, {
      cores: cores.load,
      signal,
      onProgress,
      onMeasuring: begin,
      onMeasured: () => {
        options.onMeasured?.();
        measuring.abort();
      },
    });
    const after = await lookAt(gateway, adminPort, cores.gateway);
    await endOf(during);
    const use = useBetween((await before)!, after, load, gateway);
    return { round, pace: plan.pace, connections: plan.connections, load, gateway: use };
  } finally {
    measuring.abort();
  }
}

async function endOf(during: Promise<void>): Promise<void> {
  const late = new AbortController();
  const timeout = delay(DURING_MS, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new Error(`what goes on around the run did not end within ${DURING_MS / 1000} s of it`);
  });
  timeout.catch(() => {});
  await Promise.race([during, timeout]).finally(() => late.abort());
}

/** What had been used at one moment. */
interface Look {
  readonly at: number;
  readonly cpuMs: number;
  readonly busyMs: number;
  readonly cores: number;
  readonly times: GatewayTimes | null;
}

/** @param adminPort null: it has none that is known */
async function lookAt(gateway: Service, adminPort: number | null, cores: string): Promise<Look> {
  const numbers = cores.split(',');
  const at = performance.now();
  const { cpuMs } = gateway;
  const busyMs = numbers.reduce((sum, core) => sum + coreBusyMs(core), 0);
  const times = adminPort === null ? null : await readGatewayTimes(adminPort);
  return { at, cpuMs, busyMs, cores: numbers.length, times };
}

function useBetween(before: Look, after: Look, load: LoadResult, gateway: Service): GatewayUse {
  const cpuMs = after.cpuMs - before.cpuMs;
  const others = Math.max(0, after.busyMs - before.busyMs - cpuMs);
  const { times: earlier } = before;
  return {
    cpuMs,
    cpuMicrosPerRequest: load.total.sent === 0 ? 0 : (cpuMs * 1_000) / load.total.sent,
    residentBytes: treeResidentBytes(gateway.pid),
    disturbance: Math.min(1, others / ((after.at - before.at) * after.cores)),
    overhead: earlier === null || after.times === null ? null : overheadBetween(earlier, after.times),
  };
}
