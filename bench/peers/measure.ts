/** One gateway in one round: started fresh, warmed up, measured, stopped. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closedLoop, type LoadResult, type Method } from './closed-loop.ts';
import type { RateResult } from './offered-rate.ts';
import type { Options } from './options.ts';
import type { Peer, Ports } from './peer.ts';
import { GATEWAY_CORES, runLoad, Service } from './processes.ts';

export interface LoopSample {
  readonly requestsPerSecond: number;
  /** Of the gateway's whole process tree, user and system. */
  readonly cpuMicrosPerRequest: number;
  /** Share of the gateway's core that was used; well below 1: the load was the bottleneck. */
  readonly coreBusy: number;
  readonly failures: number;
}

export interface Sample {
  readonly peer: string;
  readonly round: number;
  readonly get: LoopSample;
  readonly post: LoopSample;
  readonly fixedRate: RateResult;
}

const offeredRateScript = fileURLToPath(new URL('./offered-rate.js', import.meta.url));

function toSample(load: LoadResult, cpuMs: number): LoopSample {
  return {
    requestsPerSecond: load.requests / load.seconds,
    cpuMicrosPerRequest: (cpuMs * 1_000) / load.requests,
    coreBusy: cpuMs / (load.seconds * 1_000),
    failures: load.failures,
  };
}

async function measureLoop(gateway: Service, folder: string, port: number, method: Method, options: Options) {
  const target = { port, method, connections: options.connections };
  await closedLoop(folder, { ...target, seconds: options.warmUpSeconds });
  const before = gateway.cpuMs;
  const load = await closedLoop(folder, { ...target, seconds: options.seconds });
  return toSample(load, gateway.cpuMs - before);
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
