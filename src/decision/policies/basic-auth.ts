import type { Millis } from '../../brand.ts';
import type { Consumer } from '../consumers.ts';
import type { Decision } from '../decision.ts';
import { leaveChallenge } from './challenge.ts';
import { tellConsumer } from './consumer-header.ts';
import { PASSWORD, type PasswordResult } from './host.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

export interface BasicAuthOptions {
  readonly realm: string;
  /** A request without such credentials goes on without an identity. */
  readonly optional: boolean;
  /** The Authorization header goes on to the upstream. */
  readonly forward: boolean;
  /** Header in which the upstream is told the consumer's name; null: none. */
  readonly consumerHeader: string | null;
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

const MALFORMED = Symbol('malformed');

/** Of the encoded user name and password. */
const MAX_LENGTH = 2048;
/** A check takes a tenth of a second; this is for a machine that has stopped. */
const CHECK_LIMIT = 10_000 as Millis;

/** Who is asking, by user name and password (RFC 7617). */
export const basicAuth: PolicyDefinition<BasicAuthOptions> = {
  name: 'basicAuth',
  phase: 'authentication',
  needs: ['promise'],
  create({ realm, optional, forward, consumerHeader }, { consumers, passwords }) {
    const challenge = `Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"`;
    const refusal = ['www-authenticate', challenge];

    const accept = (decision: Decision, consumer: Consumer): Verdict => {
      decision.trace?.note(`the password is that of ${consumer.name}`);
      decision.consumer = consumer;
      if (!forward) decision.requestHeaders.remove('authorization');
      tellConsumer(decision, consumerHeader);
      return PASS;
    };

    const check = (decision: Decision, { user, password }: Credentials): Verdict => {
      const hashes = consumers.passwordsOf(user);
      const consumer = hashes.length === 0 ? null : consumers.byName(user);
      if (consumer !== null && passwords.remembers(password, hashes)) return accept(decision, consumer);
      // Whether there is such a user must not show in how long the answer takes.
      const checked = consumer === null ? consumers.decoyPasswords : hashes;
      const run = (): Promise<PasswordResult> => passwords.check(password, checked);
      return decision.wait({ kind: 'promise', limit: CHECK_LIMIT, run }, (result: PasswordResult) => {
        if (result === PASSWORD.OVERLOADED) return decision.refuse('offload_overloaded');
        if (consumer !== null && result === PASSWORD.RIGHT) return accept(decision, consumer);
        decision.trace?.note('no consumer has this name and password');
        return decision.refuse('credentials_invalid', refusal);
      });
    };

    return {
      onRequest(decision) {
        const credentials = credentialsOf(decision.request.headers);
        if (credentials === MALFORMED) return decision.refuse('credentials_malformed', refusal);
        if (credentials !== null) return check(decision, credentials);
        decision.trace?.note(optional ? 'no password: the request goes on without one' : 'the request has no password');
        if (!optional) return decision.refuse('credentials_missing', refusal);
        leaveChallenge(decision, challenge);
        tellConsumer(decision, consumerHeader);
        return PASS;
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

/**
 * Reads the Authorization header.
 *
 * @param headers lower-case names and values alternate
 * @returns null: there is none, or one of another scheme, which may be for another policy
 */
export function credentialsOf(headers: readonly string[]): Credentials | null | typeof MALFORMED {
  let value: string | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'authorization') continue;
    if (value !== null) return MALFORMED;
    value = headers[i + 1]!;
  }
  if (value === null || !/^basic([ \t]|$)/i.test(value)) return null;
  const encoded = value.slice('basic'.length).trim();
  if (encoded.length > MAX_LENGTH || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return MALFORMED;
  const bytes = Buffer.from(encoded, 'base64');
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  // Bytes that are no UTF-8 become U+FFFD, and are others when they are encoded again.
  if (colon === -1 || /[\0-\x1f\x7f]/.test(text) || !Buffer.from(text, 'utf8').equals(bytes)) return MALFORMED;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
