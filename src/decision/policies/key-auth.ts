import type { Decision } from '../decision.ts';
import { toHeaderValue } from '../header-changes.ts';
import type { TokenPlace } from './jwt/jwt-options.ts';
import { tokenSource } from './jwt/token-place.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

export interface KeyAuthOptions {
  /** Where requests carry their key; the first that has one counts. */
  readonly places: readonly TokenPlace[];
  /** Requests without a key pass, as nobody. */
  readonly optional: boolean;
  /** Whether the upstream sees the key. */
  readonly forward: boolean;
  /** Header that tells the upstream the consumer's name; null: none. */
  readonly consumerHeader: string | null;
}

/** No key of honest clients comes near this. */
const MAX_KEY_CHARACTERS = 1024;

/** RFC 9110, section 11.6.1 wants a challenge with every 401; no scheme is registered for keys. */
const CHALLENGE = ['www-authenticate', 'ApiKey realm="penstock"'] as const;

/** Knows consumers by a key they send. */
export const keyAuth: PolicyDefinition<KeyAuthOptions> = {
  name: 'keyAuth',
  phase: 'authentication',
  needs: [],
  create({ places, optional, forward, consumerHeader }, { consumers }) {
    const sources = places.map(tokenSource);

    const askWithout = (decision: Decision): Verdict => {
      decision.trace?.note(optional ? 'there is no key, and none is needed' : 'there is no key');
      return optional ? PASS : decision.refuse('credentials_missing', CHALLENGE);
    };

    const onRequest = (decision: Decision): Verdict => {
      if (consumerHeader !== null) decision.requestHeaders.remove(consumerHeader);
      const source = sources.find((one) => one.find(decision) !== null);
      if (source === undefined) return askWithout(decision);
      const key = source.tokenIn(source.find(decision)!);
      const consumer = key.length > MAX_KEY_CHARACTERS ? null : consumers.byKey(key);
      if (consumer === null) {
        decision.trace?.note("the key is nobody's");
        return decision.refuse('credentials_invalid', CHALLENGE);
      }
      decision.consumer = consumer;
      decision.trace?.note(`the key is that of consumer ${consumer.name}`);
      if (consumerHeader !== null) decision.requestHeaders.set(consumerHeader, toHeaderValue(consumer.name));
      // From every place, so that a second key does not reach an upstream that looks for it there.
      if (!forward) for (const one of sources) one.remove(decision);
      return PASS;
    };

    return { onRequest, onResponse: null, onEnd: null };
  },
};
