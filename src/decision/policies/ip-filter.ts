import { CidrSet } from '../cidr.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

export interface IpFilterOptions {
  /** CIDR blocks; empty: whoever is not denied is allowed. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Lets requests in by their client's address. What is denied stays denied, whatever is allowed. */
export const ipFilter: PolicyDefinition<IpFilterOptions> = {
  name: 'ipFilter',
  phase: 'edge',
  needs: [],
  create({ allow, deny }) {
    const allowed = CidrSet.parse(allow);
    const denied = CidrSet.parse(deny);
    return {
      onRequest(decision) {
        const { clientIp } = decision.request;
        // Behind a unix socket whose peer names nobody there is no address: it is on no list.
        const isDenied = clientIp !== '' && denied.has(clientIp);
        const isAllowed = allow.length === 0 || (clientIp !== '' && allowed.has(clientIp));
        decision.trace?.note(
          `${clientIp || 'no address'} is ${isDenied ? 'denied' : isAllowed ? 'allowed' : 'not among those allowed'}`,
        );
        return isDenied || !isAllowed ? decision.refuse('address_denied') : PASS;
      },
      onResponse: null,
      onEnd: null,
    };
  },
};
