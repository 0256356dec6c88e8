/**
 * Users' policies are code that may do anything. What it does to the exchange it is asked about is that exchange's misfortune;
 * what it does to the acceptor is caught here:
 *
 *   throws                             the chain catches it, as of any policy
 *   loops for ever                     its call is ended after CALL_LIMIT_MS, and throws
 *   waits for ever                     the effect it waits for has a limit
 *   cannot be made                     every request of its route fails
 *   throws where nobody catches it     (a timer, a promise left alone) fails the exchange it was called for
 *
 * Out of reach: code that loops for ever in a callback of its own. The supervisor replaces an acceptor that stands still.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { callWithin } from '../../../native-bindings/native.ts';
import type { Guard } from '../../decision/chain.ts';
import type { Decision } from '../../decision/decision.ts';
import type { PolicyHost } from '../../decision/policies/host.ts';
import type { Policy, PolicyDefinition } from '../../decision/policies/policy.ts';
import { gatewayLog } from '../../telemetry/gateway-log.ts';

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
      gatewayLog.plain('error', error instanceof Error ? String(error.stack) : String(error));
      process.exit(1);
    }
    // In an acceptor, the request that a policy is asked about is the exchange.
    (decision.request as unknown as PolicyVictim).failPolicy(error);
  };
  process.on('uncaughtException', onLeak);
  process.on('unhandledRejection', onLeak);
  return (run, argument, decision) => calls.run(decision, callWithin, run, argument, CALL_LIMIT_MS);
}

/** How long a user's policy may take to be made: as long as the acceptor may be held up by the first request of its route. */
const CREATE_LIMIT_MS = 1000;

/** Makes a user's policy. One that cannot be made fails every request of its route, and not the acceptor that it is made in. */
export function createUserPolicy(definition: PolicyDefinition<unknown>, options: unknown, host: PolicyHost): Policy {
  try {
    const policy: unknown = callWithin((own) => definition.create(own, host), options, CREATE_LIMIT_MS);
    if (typeof policy === 'object' && policy !== null) return policy as Policy;
    throw new TypeError('create() returned no policy');
  } catch (error) {
    const onRequest = (): never => {
      throw error;
    };
    return { onRequest, onResponse: null, onEnd: null };
  }
}
