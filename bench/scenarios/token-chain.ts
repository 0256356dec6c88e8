/**
 * The chain of policies most gateways have: a token is checked, its consumer is within a limit, headers change, and a line is
 * logged. 100 routes; RS256 with 2048 bits; a hundred consumers, whose limit is never reached.
 */
import { join } from 'node:path';
import type { WorkloadLine } from '../load/workload.ts';
import { sameWork } from '../peers/job.ts';
import { gatewayConfig, serviceName, serviceRoutes } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { ScenarioPlace, ScenarioSetup } from './scenario.ts';
import { AUDIENCE, ISSUER, type Issuer, makeIssuer, SUBJECTS } from './tokens.ts';

const ROUTES = 100;
/** Verified tokens that the gateway remembers. */
export const REMEMBERED_TOKENS = 1_000;

const KEY_FILE = 'key.pem';
const KEY_SET_FILE = 'keys.json';

/** Those that can check a token, with the same chain. */
export const CHAIN_PEERS = sameWork({
  table: { hosts: [], paths: Array.from({ length: ROUTES }, (_, number) => `/${serviceName(number)}/`) },
  chain: {
    keyFile: KEY_FILE,
    keySetFile: KEY_SET_FILE,
    issuer: ISSUER,
    audience: AUDIENCE,
    rememberedTokens: REMEMBERED_TOKENS,
  },
});

/** @param tokens how many there are, sent in turn: more than the gateway remembers, and it has forgotten each that comes again */
export function tokenChain(place: ScenarioPlace, tokens: number): Pick<ScenarioSetup, 'config' | 'files' | 'workload'> {
  const issuer = makeIssuer();
  return {
    config: chainConfig(place),
    files: { [KEY_FILE]: issuer.publicKeyPem, [KEY_SET_FILE]: issuer.jwks },
    workload: () => tokenRequests(issuer, tokens),
  };
}

function chainConfig(place: ScenarioPlace): string {
  const subjects = Array.from({ length: SUBJECTS }, (_, number) => number);
  const consumers = subjects.map((number) => [`consumer-${number}`, { subjects: [`subject-${number}`] }]);
  const keys = [{ file: join(place.folder, KEY_FILE), algorithms: ['RS256'] }];
  const chain = [
    { jwt: { keys, issuer: ISSUER, audience: AUDIENCE, remember: REMEMBERED_TOKENS } },
    { rateLimit: { limit: '1000000/s', by: 'consumer' } },
    { headers: { request: { set: { 'x-team': 'blue' }, remove: ['x-old'] } } },
  ];
  return gatewayConfig(place, {
    routes: serviceRoutes(ROUTES, { policies: ['chain'] }),
    sections: {
      telemetry: { accessLog: { to: { file: join(place.folder, 'access.log') } } },
      consumers: Object.fromEntries(consumers),
      policies: { chain },
    },
  });
}

/** Each token is of another subject than the one before, and goes to the next route. */
function tokenRequests(issuer: Issuer, count: number): Generator<WorkloadLine> {
  return requests(count, (number) => {
    const route = serviceName(number % ROUTES);
    const headers = { authorization: `Bearer ${issuer.issue(number)}`, 'x-old': '1' };
    return { path: `/${route}/items/${number}`, route, headers };
  });
}
