/** One gateway in one round: started fresh, warmed up, measured, stopped. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coreBusyMs, GATEWAY_CORES, runLoad, Service } from '../processes.ts';
import { closedLoop, type LoadTarget, type Method } from './closed-loop.ts';
import type { RateResult } from './offered-rate.ts';
import type { Options } from './options.ts';
import type { Peer, Ports } from './peer.ts';

export interface LoopSample {
  readonly requestsPerSecond: number;
  /** Of the gateway's whole process tree, user and system. */
  readonly cpuMicrosPerRequest: number;
  /** Share of the gateway's core that was used; well below 1: the load was the bottleneck. */
  readonly coreBusy: number;
  /** Share of the gateway's core that went to anything else: other programs on the machine, or its host. */
  readonly disturbance: number;
  readonly failures: number;
  /** Windows measured until one was undisturbed; the last one counts. */
  readonly attempts: number;
}

export interface Sample {
  readonly peer: string;
  readonly round: number;
  readonly get: LoopSample;
  readonly post: LoopSample;
  readonly fixedRate: RateResult;
}

/** A window in which other programs had more than this share of the gateway's core is measured again, a few times at most. */
export const DISTURBED = 0.05;
const ATTEMPTS = 3;

const offeredRateScript = fileURLToPath(new URL('./offered-rate.js', import.meta.url));

async function measureWindow(
  gateway: Service,
  folder: string,
  target: LoadTarget,
  attempts: number,
): Promise<LoopSample> {
  const [cpuBefore, coreBefore] = [gateway.cpuMs, coreBusyMs(GATEWAY_CORES)];
  const { requests, seconds, failures } = await closedLoop(folder, target);
  const [cpuMs, coreMs] = [gateway.cpuMs - cpuBefore, coreBusyMs(GATEWAY_CORES) - coreBefore];
  return {
    requestsPerSecond: requests / seconds,
    cpuMicrosPerRequest: (cpuMs * 1_000) / requests,
    coreBusy: cpuMs / (seconds * 1_000),
    disturbance: Math.max(0, coreMs - cpuMs) / (seconds * 1_000),
    failures,
    attempts,
  };
}

async function measureLoop(
  gateway: Service,
  folder: string,
  port: number,
  method: Method,
  { connections, seconds, warmUpSeconds }: Options,
): Promise<LoopSample> {
  const target = { port, method, connections, seconds };
  await closedLoop(folder, { ...target, seconds: warmUpSeconds });
  for (let attempt = 1; ; attempt++) {
    const sample = await measureWindow(gateway, folder, target, attempt);
    if (sample.disturbance <= DISTURBED || attempt === ATTEMPTS) return sample;
  }
}

async function measureRate(port: number, options: Options): Promise<RateResult> {
  const args = [port, options.rate, options.seconds, options.connections * 2].map(String);
  return JSON.parse(await runLoad({ command: process.execPath, args: [offeredRateScript, ...args] })) as RateResult;
}

/**
 * @param binary absolute path
 * @param workFolder where the gateway gets a folder of its own
 * @throws Error with what the gateway printed when it does not come up
 */
export async function measurePeer(
  peer: Peer,
  binary: string,
  workFolder: string,
  ports: Ports,
  round: number,
  options: Options,
): Promise<Sample> {
  const folder = join(workFolder, `${peer.name}-${round}`);
  mkdirSync(folder);
  const { files, args, env = {} } = peer.launch(folder, ports);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const gateway = new Service(peer.name, GATEWAY_CORES, { command: binary, args, env }, folder);
  try {
    await gateway.ready(ports.gateway);
    const get = await measureLoop(gateway, folder, ports.gateway, 'GET', options);
    const post = await measureLoop(gateway, folder, ports.gateway, 'POST', options);
    const fixedRate = await measureRate(ports.gateway, options);
    return { peer: peer.name, round, get, post, fixedRate };
  } finally {
    await gateway.stop();
  }
}
