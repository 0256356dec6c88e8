import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../src/supervisor/admin/status.ts';
import { leftOut } from '../peers/job.ts';
import { gatewayConfig, serviceName, serviceRoutes } from './gateway-config.ts';
import { pause } from './pause.ts';
import { requests } from './requests.ts';
import { CONFIG_FILE, type Scenario, type ScenarioPlace, type ScenarioStage } from './scenario.ts';

const ROUTES = 100_000;
const CHANGED_EVERY = 20;
const RELOAD_EVERY_MS = 5_000;
/** The first one, so that a short run has one too. */
const FIRST_AFTER_MS = 1_000;
/** Seldom enough that asking costs the gateway nothing worth speaking of; the times are told as finely as that. */
const ASK_EVERY_MS = 20;
const MOST_MS = 20_000;

/** A new config must reach every acceptor soon, and no request may notice. */
export const reloadUnderLoad: Scenario = {
  name: 'reload-under-load',
  purpose: `Whether a reload is felt: ${ROUTES.toLocaleString('en')} routes, one in ${CHANGED_EVERY} changed, every ${RELOAD_EVERY_MS / 1_000} s.`,
  peers: leftOut(
    'Each gateway reloads in a way of its own, and none but Penstock tells when its workers use what is new.',
  ),
  prepare: async (place) => {
    const versions = [configOf(place, '30s'), configOf(place, '29s')];
    return {
      config: versions[0]!,
      workload: () => requests(ROUTES / 10, (number) => ({ path: `/${serviceName((number * 7_919) % ROUTES)}/items` })),
      load: { pace: { kind: 'rate', perSecond: 500 } },
      during: (stage) => reloadAgainAndAgain(stage, versions),
    };
  },
};

function configOf(place: ScenarioPlace, timeout: string): string {
  const forward = { upstream: 'origin', timeout };
  const routes = serviceRoutes(ROUTES).map((route, at) => (at % CHANGED_EVERY === 0 ? { ...route, forward } : route));
  return gatewayConfig(place, { routes });
}

async function reloadAgainAndAgain(stage: ScenarioStage, versions: readonly string[]): Promise<void> {
  const times: number[] = [];
  for (let wait = FIRST_AFTER_MS; await pause(wait, stage.until); ) {
    const text = versions[(times.length + 1) % versions.length]!;
    const tookMs = await reload(stage, text);
    times.push(tookMs);
    wait = Math.max(0, RELOAD_EVERY_MS - tookMs);
  }
  const list = times.map((ms) => `${Math.round(ms)} ms`).join(', ') || 'no reload';
  stage.note(
    `From the signal to the last acknowledgement, ${ROUTES} routes of which 1 in ${CHANGED_EVERY} changed: ${list}.`,
  );
}

/** @returns milliseconds from the signal until every acceptor serves what was published */
async function reload({ folder, gatewayPid, adminUrl }: ScenarioStage, text: string): Promise<number> {
  const { config: before } = await statusOf(adminUrl);
  const file = join(folder, CONFIG_FILE);
  writeFileSync(`${file}.next`, text);
  renameSync(`${file}.next`, file);
  const signalledAt = performance.now();
  process.kill(gatewayPid, 'SIGHUP');
  while (performance.now() - signalledAt < MOST_MS) {
    await delay(ASK_EVERY_MS);
    const { config, acceptors } = await statusOf(adminUrl);
    if (config.lastError !== null) throw new Error(`the gateway refused the config: ${config.lastError.message}`);
    const isTaken = config.generation > before.generation;
    if (isTaken && acceptors.every(({ generation }) => generation === config.generation))
      return performance.now() - signalledAt;
  }
  throw new Error(`the gateway did not take the config within ${MOST_MS / 1_000} s`);
}

async function statusOf(adminUrl: string): Promise<Status> {
  return (await (await fetch(`${adminUrl}/status`)).json()) as Status;
}
