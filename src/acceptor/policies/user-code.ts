/**
 * Users' policies are code that may do anything. What it does to the exchange it is asked about is that exchange's misfortune;
 * what it does to the acceptor is caught here:
 *
 *   throws                             the chain catches it, as of any policy
 *   loops for ever                     its call is ended after CALL_LIMIT_MS, and throws
 *   waits for ever                     the effect it waits for has a limit
 *   throws where nobody catches it     (a timer, a promise left alone) fails the exchange it was called for
 *
 * Out of reach: code that loops for ever in a callback of its own. The supervisor replaces an acceptor that stands still.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { callWithin } from '../../../native-bindings/native.ts';
import type { Guard } from '../../decision/chain.ts';
import type { Decision } from '../../decision/decision.ts';

/** A policy that computes longer than this holds up every other exchange of its acceptor. */
export const CALL_LIMIT_MS = 100;

/** The exchange whose policy failed. */
export interface PolicyVictim {
  failPolicy(error: unknown): void;
}

let guard: Guard | null = null;

/** The guard for policies of users; the first call begins to listen for what they leave behind. */
export function userCodeGuard(): Guard {
  guard ??= createGuard();
  return guard;
}

function createGuard(): Guard {
  const calls = new AsyncLocalStorage<Decision>();
  const onLeak = (error: unknown): void => {
    const decision = calls.getStore();
    if (decision === undefined) {
      // Not a user's: an impossible state, which ends the process as it would without this listener.
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    }
    // In an acceptor, the request that a policy is asked about is the exchange.
    (decision.request as unknown as PolicyVictim).failPolicy(error);
  };
  process.on('uncaughtException', onLeak);
  process.on('unhandledRejection', onLeak);
  return (run, argument, decision) => calls.run(decision, callWithin, run, argument, CALL_LIMIT_MS);
}
