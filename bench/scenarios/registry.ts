import { plainProxy } from './plain-proxy.ts';
import type { Scenario } from './scenario.ts';

/** Every scenario, in the order in which they are listed and run. */
export const SCENARIOS: readonly Scenario[] = [plainProxy];
