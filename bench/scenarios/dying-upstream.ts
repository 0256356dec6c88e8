import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { pause } from './pause.ts';
import { requests } from './requests.ts';
import type { Scenario, ScenarioStage } from './scenario.ts';

const VICTIM = 1;
const UP_MS = 1_500;
const DOWN_MS = 1_000;
const POST_EVERY = 10;

/**
 * One of two origins is killed with SIGKILL again and again, with requests under way. What can be repeated must be answered by the
 * other one. A POST that had been sent cannot be: one request in ten is a POST, and those that were under way are all that may fail.
 */
export const dyingUpstream: Scenario = {
  name: 'dying-upstream',
  purpose:
    'What clients see of an origin that is killed and comes back: reads nothing, writes that were under way a 502.',
  origins: 2,
  peers: sameWork({ failsOver: true }),
  prepare: async (place) => ({
    config: gatewayConfig(place, {
      upstream: { health: { passive: { failures: 3, within: '5s', ejectFor: '1s' } } },
      routes: [
        { name: 'write', match: { path: '/orders', methods: ['POST'] }, forward: { upstream: 'origin' } },
        { name: 'read', match: { path: '/*' }, forward: { upstream: 'origin' } },
      ],
    }),
    workload: () =>
      requests(100, (number) => {
        const answer = { delayMs: 10 };
        return number % POST_EVERY === 0
          ? { path: '/orders', route: 'write', method: 'POST', bodyBytes: 256, answer }
          : { path: `/catalog/${number}`, route: 'read', answer };
      }),
    load: { pace: { kind: 'rate', perSecond: 500 }, connections: 64 },
    during: killAgainAndAgain,
  }),
};

async function killAgainAndAgain(stage: ScenarioStage): Promise<void> {
  let deaths = 0;
  while (await pause(UP_MS, stage.until)) {
    await stage.killOrigin(VICTIM);
    deaths++;
    const goesOn = await pause(DOWN_MS, stage.until);
    await stage.startOrigin(VICTIM);
    if (!goesOn) break;
  }
  stage.note(`One of two origins was killed ${deaths} times, and came back after ${DOWN_MS} ms each time.`);
}
