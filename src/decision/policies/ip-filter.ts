import { CidrSet } from '../cidr.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

export interface IpFilterOptions {
  /** CIDR blocks; null: whoever is not denied may. */
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
}

/** Lets requests through by the address of their client, as far as the listener's trusted proxies vouch for it. */
export const ipFilter: PolicyDefinition<IpFilterOptions> = {
  name: 'ipFilter',
  phase: 'edge',
  needs: [],
  create(options) {
    const allow = options.allow === null ? null : CidrSet.parse(options.allow);
    const deny = CidrSet.parse(options.deny);
    return {
      onRequest(decision) {
        const { clientIp } = decision.request;
        if (deny.has(clientIp)) {
          decision.trace?.note(`${clientIp} is in deny`);
          return decision.refuse('address_denied');
        }
        // A client without an address, behind a unix socket, is in no block.
        if (allow !== null && !allow.has(clientIp)) {
          decision.trace?.note(`${clientIp === '' ? 'a client without an address' : clientIp} is not in allow`);
          return decision.refuse('address_denied');
        }
        return PASS;
      },
      onResponse: null,
      onEnd: null,
    };
  },
};
