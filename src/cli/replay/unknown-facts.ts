/**
 * Policies that go by what a recording does not hold: claims of a token that is a pseudonym, the true address of a client, a body of
 * which only the length was kept, whatever a user's own policy waits for. Such a policy is noted and the request goes on: two
 * configs that meet the very same unknowns can still be compared, and where they do not, the request counts as undecidable.
 */
import type { PolicyAdapter } from '../../acceptor/policies/policy-shelf.ts';
import { USER_POLICY } from '../../config/compiled.ts';
import type { Decision } from '../../decision/decision.ts';
import type { Claims } from '../../decision/found-identity.ts';
import { PASS, type Verdict, WAITING } from '../../decision/policies/verdict.ts';
import { askedInstead } from './asked-instead.ts';
import type { ReplayedRequest, UnknownFact } from './replayed-request.ts';

/** Thrown by whoever looks at a claim that nobody knows. */
const UNKNOWN = new Error('the claim is not in the recording');

/** A user's own policy may catch it: that it was thrown is kept. */
let wasThrown = false;

const asked = (): never => {
  wasThrown = true;
  throw UNKNOWN;
};

/** Verified claims of which nothing is known but that there are some. */
export const UNKNOWN_CLAIMS: Claims = new Proxy(
  {},
  { get: asked, has: asked, ownKeys: asked, getOwnPropertyDescriptor: asked },
);

/** Wraps a policy so that what it cannot know is noted in `request` and passed over. */
export function unknownFacts(request: ReplayedRequest): PolicyAdapter {
  return (policy, { policy: name, options, source }) => {
    const { onRequest } = policy;
    if (onRequest === null) return policy;
    const text = JSON.stringify(options);
    const passOver = (fact: UnknownFact): Verdict => {
      request.meet(fact, name, source, text);
      return PASS;
    };
    // What would be stored nobody knows: every request goes on to its upstream.
    if (name === 'cache') return { onRequest: null, onResponse: null, onEnd: null };
    if (name === 'ipFilter') return askedInstead(policy, () => passOver('address'));
    const isOwn = name === USER_POLICY;
    return askedInstead(policy, (decision) => {
      wasThrown = false;
      try {
        const verdict = onRequest(decision);
        if (wasThrown) return passOver('claims');
        if (verdict !== WAITING) return verdict;
        const fact = lackingEffect(decision, isOwn, request.lacksBody);
        if (fact === null) return WAITING;
        decision.effect = null;
        return passOver(fact);
      } catch (error) {
        if (error !== UNKNOWN) throw error;
        return passOver('claims');
      }
    });
  };
}

/** What a policy waits for and will not get; null: it will. */
function lackingEffect({ effect }: Decision, isOwn: boolean, lacksBody: boolean): UnknownFact | null {
  switch (effect!.kind) {
    case 'requestBody':
      return lacksBody ? 'body' : null;
    case 'promise':
      return isOwn ? 'module' : null;
    default:
      return null;
  }
}
