/**
 * A 401 names what would have been accepted (RFC 9110, section 11.6.1). A policy that lets a request without credentials pass
 * leaves its challenge here, for whoever refuses that request further in.
 */
import type { Decision } from '../decision.ts';

const OWNER = {};

/** @param challenge a value of WWW-Authenticate */
export function leaveChallenge(decision: Decision, challenge: string): void {
  const before = decision.kept(OWNER);
  decision.keep(OWNER, before === undefined ? challenge : `${before}, ${challenge}`);
}

/** The challenges left so far; `otherwise` when there is none. */
export function challengesOf(decision: Decision, otherwise: string): string {
  return (decision.kept(OWNER) as string | undefined) ?? otherwise;
}
