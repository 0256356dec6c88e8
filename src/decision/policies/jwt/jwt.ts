/**
 * Who is asking, by a signed token: JSON Web Tokens in compact form (RFC 7515 to 7519), checked as RFC 8725 wants it.
 *
 *   token ──► remembered? ──yes──► still good by the clock? ──► identity, headers ──► PASS
 *                 └─no──► header, key, signature, claims ──► remember ──┘
 */
import { ERRORS, type ErrorCode } from '../../../errors/table.ts';
import type { Consumer } from '../../consumers.ts';
import type { Decision } from '../../decision.ts';
import type { Claims } from '../../found-identity.ts';
import { toHeaderValue } from '../../header-changes.ts';
import { leaveChallenge } from '../challenge.ts';
import type { PolicyHost } from '../host.ts';
import type { PolicyDefinition } from '../policy.ts';
import { PASS, type Verdict } from '../verdict.ts';
import type { JwtOptions } from './jwt-options.ts';
import { KeyRing } from './key-ring.ts';
import { type RememberedToken, TokenMemory } from './token-memory.ts';
import { type TokenSource, tokenSource } from './token-place.ts';
import { verifyToken } from './verify-token.ts';

const REFUSALS = [
  'token_malformed',
  'token_algorithm_refused',
  'token_key_unknown',
  'token_signature_invalid',
  'token_expired',
  'token_not_yet_valid',
  'token_claims_refused',
] as const satisfies readonly ErrorCode[];

class TokenGate {
  readonly #options: JwtOptions;
  readonly #host: PolicyHost;
  readonly #source: TokenSource;
  readonly #ring: KeyRing;
  readonly #remembered: TokenMemory;
  /** Headers that only a verified token may set. */
  readonly #owned: readonly string[];
  readonly #challenges: ReadonlyMap<ErrorCode, readonly string[]>;
  readonly #changesHeaders: boolean;

  constructor(options: JwtOptions, host: PolicyHost) {
    this.#options = options;
    this.#host = host;
    this.#source = tokenSource(options.from);
    this.#ring = new KeyRing(options, options.keySet === null ? null : host.keySets.open(options.keySet.url));
    this.#remembered = new TokenMemory(options.remember);
    this.#owned = options.claimsToHeaders.map(([header]) => header);
    this.#changesHeaders = this.#owned.length > 0;
    this.#challenges = challengesOf(options.realm);
  }

  ask(decision: Decision): Verdict {
    if (this.#ring.renew()) this.#remembered.clear();
    const found = this.#source.find(decision);
    if (found === null) return this.#askWithout(decision);
    const known = this.#remembered.get(found);
    if (known !== null) return this.#admit(decision, known);
    const verified = verifyToken(this.#source.tokenIn(found), this.#ring, this.#options);
    if ('code' in verified) return this.#refuse(decision, verified.code, verified.why);
    const { claims, from, until } = verified;
    const consumer = this.#consumerOf(claims);
    const token = { text: found, claims, consumer, from, until, lines: this.#linesOf(claims) };
    const verdict = this.#admit(decision, token);
    if (verdict === PASS) this.#remembered.add(token);
    return verdict;
  }

  /** Every request with a token that was seen before comes through here: it allocates nothing of its own. */
  #admit(decision: Decision, token: RememberedToken): Verdict {
    const now = this.#host.clock.wall();
    if (now >= token.until) {
      this.#remembered.remove(token);
      return this.#refuse(decision, 'token_expired', 'by its claims exp or iat');
    }
    if (now < token.from) return this.#refuse(decision, 'token_not_yet_valid', 'by its claims nbf or iat');
    if (token.consumer === null && this.#options.consumer.required)
      return this.#refuse(decision, 'consumer_unknown', `by its claim ${this.#options.consumer.claim}`);
    decision.claims = token.claims;
    if (token.consumer !== null) decision.consumer = token.consumer;
    // First what goes out: a claim may go where the token was.
    if (!this.#options.forward) this.#source.remove(decision);
    if (this.#changesHeaders) decision.requestHeaders.replaceChecked(this.#owned, token.lines);
    decision.trace?.note(
      token.consumer === null
        ? 'the token is good, and of no consumer'
        : `the token is good, and of consumer ${token.consumer.name}`,
    );
    return PASS;
  }

  #askWithout(decision: Decision): Verdict {
    if (!this.#options.optional) return this.#refuse(decision, 'credentials_missing', 'there is no token');
    if (this.#changesHeaders) decision.requestHeaders.replaceChecked(this.#owned, []);
    leaveChallenge(decision, this.#challenges.get('credentials_missing')![1]!);
    decision.trace?.note('there is no token, and none is needed');
    return PASS;
  }

  #refuse(decision: Decision, code: ErrorCode, why: string): Verdict {
    decision.trace?.note(why);
    return decision.refuse(code, this.#challenges.get(code));
  }

  #consumerOf(claims: Claims): Consumer | null {
    const { claim } = this.#options.consumer;
    const subject = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
    return typeof subject === 'string' ? this.#host.consumers.bySubject(subject) : null;
  }

  #linesOf(claims: Claims): readonly string[] {
    return this.#options.claimsToHeaders.flatMap(([header, claim]) => {
      const text = Object.hasOwn(claims, claim) ? textOf(claims[claim]) : null;
      return text === null ? [] : [header, toHeaderValue(text)];
    });
  }
}

/** Text of a claim in a header: lists of plain values with commas, anything larger as JSON. */
function textOf(claim: unknown): string | null {
  if (claim === null) return null;
  if (typeof claim !== 'object') return String(claim);
  const isPlainList = Array.isArray(claim) && claim.every((item) => typeof item !== 'object');
  return isPlainList ? claim.join(',') : JSON.stringify(claim);
}

/** RFC 6750, section 3: a request without credentials is not told of an error. */
function challengesOf(realm: string): ReadonlyMap<ErrorCode, readonly string[]> {
  const challenge = `Bearer realm="${realm}"`;
  return new Map<ErrorCode, readonly string[]>([
    ['credentials_missing', ['www-authenticate', challenge]],
    ...REFUSALS.map((code): [ErrorCode, readonly string[]] => [
      code,
      ['www-authenticate', `${challenge}, error="invalid_token", error_description="${ERRORS[code].detail}"`],
    ]),
  ]);
}

export const jwt: PolicyDefinition<JwtOptions> = {
  name: 'jwt',
  phase: 'authentication',
  needs: [],
  create(options, host) {
    const gate = new TokenGate(options, host);
    return { onRequest: (decision) => gate.ask(decision), onResponse: null, onEnd: null };
  },
};
