/**
 * Who asks, where a recording holds pseudonyms in place of credentials: no key of a config fits one, so a policy of identity that
 * finds a pseudonym at its place takes the recording's word for whom the gateway found.
 *
 *   recorded consumer, in the config, with a credential of this kind ─► this consumer
 *   recorded consumer, no longer so ──────────────────────────────────► refused; a token without `required`: nobody's token
 *   none recorded, answered 401 ──────────────────────────────────────► refused, as before
 *   none recorded otherwise ──────────────────────────────────────────► nobody knows: `ReplayedRequest.meet`
 *
 * The same where a recording names the consumer and holds no credential at all, as one made of another server's log does.
 */
import type { PolicyAdapter } from '../../acceptor/policies/policy-shelf.ts';
import type { CompiledConsumer } from '../../config/compiled.ts';
import type { Consumer, Consumers } from '../../decision/consumers.ts';
import type { Decision } from '../../decision/decision.ts';
import { tellConsumer } from '../../decision/policies/consumer-header.ts';
import { PASS, type Verdict } from '../../decision/policies/verdict.ts';
import { askedInstead } from './asked-instead.ts';
import { type CredentialPlace, credentialPlace } from './credential-place.ts';
import type { ReplayedRequest } from './replayed-request.ts';
import { UNKNOWN_CLAIMS } from './unknown-facts.ts';

/** What a claim that goes into a header is taken to be. */
const SOME_CLAIM = 'not-recorded';

/** Whether a text stands in a recording for a credential that was taken out of it. */
export type IsPseudonym = (text: string) => boolean;

/** Puts stand-ins before `keyAuth`, `basicAuth` and `jwt`: real credentials still reach the policies themselves. */
export function standIns(
  request: ReplayedRequest,
  consumers: readonly CompiledConsumer[],
  isPseudonym: IsPseudonym,
): PolicyAdapter {
  const byName = new Map(consumers.map((consumer) => [consumer.name, consumer]));
  return (policy, { policy: name, options, source }, host) => {
    const place = credentialPlace(name, options);
    const { onRequest } = policy;
    if (place === null || onRequest === null) return policy;
    const standIn = new StandIn(place, request, byName, host.consumers, { name, source });
    return askedInstead(policy, (decision) => {
      const found = place.find(decision);
      if (found === null) return request.lacksCredential ? standIn.ask(decision) : onRequest(decision);
      return isPseudonym(found) ? standIn.ask(decision) : onRequest(decision);
    });
  };
}

class StandIn {
  readonly #place: CredentialPlace;
  readonly #request: ReplayedRequest;
  readonly #compiled: ReadonlyMap<string, CompiledConsumer>;
  readonly #consumers: Consumers;
  readonly #policy: { readonly name: string; readonly source: string };

  constructor(
    place: CredentialPlace,
    request: ReplayedRequest,
    compiled: ReadonlyMap<string, CompiledConsumer>,
    consumers: Consumers,
    policy: { readonly name: string; readonly source: string },
  ) {
    this.#place = place;
    this.#request = request;
    this.#compiled = compiled;
    this.#consumers = consumers;
    this.#policy = policy;
  }

  ask(decision: Decision): Verdict {
    const { consumer: recorded, status } = this.#request.exchange!;
    const place = this.#place;
    if (recorded === null) {
      if (status === 401) return this.#refuse(decision);
      this.#meet('credential');
      return this.#accept(decision, null);
    }
    const compiled = this.#compiled.get(recorded);
    const hasCredential = compiled !== undefined && place.credentialsOf(compiled) > 0;
    // What else a token has to say is compared with the other config's wishes alone.
    if (place.isToken) this.#meet('token');
    this.#request.stoodIn ||= hasCredential;
    if (hasCredential) return this.#accept(decision, this.#consumers.byName(recorded));
    if (!place.isToken) return this.#refuse(decision);
    return place.needsConsumer ? decision.refuse('consumer_unknown') : this.#accept(decision, null);
  }

  #accept(decision: Decision, consumer: Consumer | null): Verdict {
    const place = this.#place;
    if (place.isToken) decision.claims = UNKNOWN_CLAIMS;
    if (consumer !== null) decision.consumer = consumer;
    place.remove(decision);
    for (const header of place.claimHeaders) decision.requestHeaders.set(header, SOME_CLAIM);
    tellConsumer(decision, place.consumerHeader);
    return PASS;
  }

  #refuse(decision: Decision): Verdict {
    return decision.refuse(this.#place.isToken ? 'token_signature_invalid' : 'credentials_invalid');
  }

  #meet(fact: 'credential' | 'token'): void {
    const { name, source } = this.#policy;
    this.#request.meet(fact, name, source, this.#place.demands);
  }
}
