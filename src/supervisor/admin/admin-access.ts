import { createHash, timingSafeEqual } from 'node:crypto';
import { MAIN_TOKEN } from '../../config/schema/admin.ts';
import type { Config } from '../../config/schema/schema.ts';

/** A viewer looks; an operator looks and changes. */
export type Role = 'viewer' | 'operator';

export interface AdminToken {
  /** Of whoever holds it, as the history and the audit log show it. */
  readonly name: string;
  readonly token: string;
  readonly role: Role;
}

/** Everybody that a config knows. */
export function tokensOf({ token, tokens }: Config['admin']): readonly AdminToken[] {
  return token === undefined ? tokens : [{ name: MAIN_TOKEN, token, role: 'operator' }, ...tokens];
}

/** Who asks. */
export interface Caller {
  /** Name of the token; null: nobody has to show one. */
  readonly name: string | null;
  readonly role: Role;
}

const ANYBODY: Caller = { name: null, role: 'operator' };

/**
 * Checks bearer tokens (RFC 6750, section 2.1). Digests are compared, all of them, each in constant time, so that neither the
 * content nor the length of a token shows in how long an answer takes, nor which of them was nearly right.
 */
export class AdminAccess {
  readonly #tokens: readonly { readonly digest: Buffer; readonly caller: Caller }[];

  /** @param tokens none: whoever can connect is an operator */
  constructor(tokens: readonly AdminToken[]) {
    this.#tokens = tokens.map(({ name, token, role }) => ({ digest: digestOf(token), caller: { name, role } }));
  }

  /** Nobody has to show a token. */
  get isOpen(): boolean {
    return this.#tokens.length === 0;
  }

  /** @param authorization value of the header, undefined when there is none; @returns null for nobody we know */
  callerOf(authorization: string | undefined): Caller | null {
    if (this.isOpen) return ANYBODY;
    const digest = digestOf(/^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '');
    let found: Caller | null = null;
    for (const known of this.#tokens) found = timingSafeEqual(known.digest, digest) ? known.caller : found;
    return found;
  }
}

export function mayDo(caller: Caller, needs: Role): boolean {
  return needs === 'viewer' || caller.role === 'operator';
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
