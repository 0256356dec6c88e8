import type { Scenario } from './scenario.ts';
import { CHAIN_PEERS, REMEMBERED_TOKENS, tokenChain } from './token-chain.ts';

/** As most requests of a real day: the token was seen a moment ago. */
export const fullChain: Scenario = {
  name: 'full-chain',
  purpose: 'What policies cost: RS256 tokens seen before, a limit for each consumer, headers changed, an access log.',
  closedLoop: true,
  peers: CHAIN_PEERS,
  prepare: async (place) => ({
    ...tokenChain(place, REMEMBERED_TOKENS),
    load: { pace: { kind: 'rate', perSecond: 1_000 } },
  }),
};
