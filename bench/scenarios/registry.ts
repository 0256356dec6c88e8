import { cacheHits } from './cache-hits.ts';
import { churn } from './churn.ts';
import { dyingUpstream } from './dying-upstream.ts';
import { fullChain } from './full-chain.ts';
import { largeBodies } from './large-bodies.ts';
import { manyRoutes } from './many-routes.ts';
import { newToken } from './new-token.ts';
import { plainPost } from './plain-post.ts';
import { plainProxy } from './plain-proxy.ts';
import { reloadUnderLoad } from './reload-under-load.ts';
import type { Scenario } from './scenario.ts';
import { slowClients } from './slow-clients.ts';
import { slowUpstream } from './slow-upstream.ts';
import { tls } from './tls.ts';

/** Every scenario, in the order in which they are listed and run. */
export const SCENARIOS: readonly Scenario[] = [
  plainProxy,
  plainPost,
  fullChain,
  newToken,
  manyRoutes,
  cacheHits,
  tls,
  churn,
  largeBodies,
  slowClients,
  slowUpstream,
  dyingUpstream,
  reloadUnderLoad,
];
