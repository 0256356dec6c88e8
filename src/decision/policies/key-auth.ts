import type { Decision } from '../decision.ts';
import { leaveChallenge } from './challenge.ts';
import { tellConsumer } from './consumer-header.ts';
import { cookiePlace, headerPlace, type KeyPlace, queryPlace, UNREADABLE } from './key-places.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

export interface KeyAuthOptions {
  /** Where keys are looked for, in this order; null: not there. At least one is set. */
  readonly header: string | null;
  readonly query: string | null;
  readonly cookie: string | null;
  /** A request without a key goes on without an identity. */
  readonly optional: boolean;
  /** The key goes on to the upstream. */
  readonly forward: boolean;
  /** Header in which the upstream is told the consumer's name; null: none. */
  readonly consumerHeader: string | null;
}

/** More than any key has; what is longer is not hashed. */
const MAX_KEY_LENGTH = 4096;

/** Who is asking, by an API key. */
export const keyAuth: PolicyDefinition<KeyAuthOptions> = {
  name: 'keyAuth',
  phase: 'authentication',
  needs: [],
  create({ header, query, cookie, optional, forward, consumerHeader }, { consumers }) {
    const places: KeyPlace[] = [];
    if (header !== null) places.push(headerPlace(header));
    if (query !== null) places.push(queryPlace(query));
    if (cookie !== null) places.push(cookiePlace(cookie));
    const challenge = challengeFor({ header, query, cookie });
    const refusal = ['www-authenticate', challenge];

    /** The first key found. Every place is looked at, because every one is emptied. */
    const takeKey = (decision: Decision): string | null | typeof UNREADABLE => {
      let key: string | null | typeof UNREADABLE = null;
      for (let i = 0; i < places.length; i++) {
        const place = places[i]!;
        const found = place.find(decision);
        if (key === null) key = found;
        // What is there and empty is no key, and goes on.
        if (found !== null && !forward) place.remove(decision);
      }
      return key;
    };

    return {
      onRequest(decision) {
        const key = takeKey(decision);
        if (key === null) {
          decision.trace?.note(optional ? 'no key: the request goes on without one' : 'the request has no key');
          if (!optional) return decision.refuse('credentials_missing', refusal);
          leaveChallenge(decision, challenge);
          tellConsumer(decision, consumerHeader);
          return PASS;
        }
        if (key === UNREADABLE || key.length > MAX_KEY_LENGTH) {
          decision.trace?.note('the request has several keys in one place, or one that cannot be read');
          return decision.refuse('credentials_malformed', refusal);
        }
        const consumer = consumers.byKey(key);
        if (consumer === null) {
          decision.trace?.note("the key is no consumer's");
          return decision.refuse('credentials_invalid', refusal);
        }
        decision.trace?.note(`the key is that of ${consumer.name}`);
        decision.consumer = consumer;
        tellConsumer(decision, consumerHeader);
        return PASS;
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

/** No scheme is registered for API keys: ours says where one belongs. */
function challengeFor({ header, query, cookie }: Pick<KeyAuthOptions, 'header' | 'query' | 'cookie'>): string {
  const places = [
    header === null ? [] : [`header="${header}"`],
    query === null ? [] : [`query="${query}"`],
    cookie === null ? [] : [`cookie="${cookie}"`],
  ];
  return `ApiKey ${places.flat().join(', ')}`;
}
