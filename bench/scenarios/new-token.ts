import type { Scenario } from './scenario.ts';
import { CHAIN_PEERS, REMEMBERED_TOKENS, tokenChain } from './token-chain.ts';

/** As after a mass login, or from clients that ask for a token for every call: remembering does not help. */
export const newToken: Scenario = {
  name: 'new-token',
  purpose: 'What a signature costs: the full chain, with a token in every request that the gateway does not remember.',
  closedLoop: true,
  peers: CHAIN_PEERS,
  prepare: async (place) => ({
    ...tokenChain(place, 5 * REMEMBERED_TOKENS),
    load: { pace: { kind: 'rate', perSecond: 500 } },
  }),
};
