import type { ErrorCode } from '../../errors/table.ts';
import type { Decision } from '../decision.ts';
import type { EffectKind } from './effect.ts';
import type { PolicyHost } from './host.ts';
import type { Phase } from './phases.ts';
import type { Verdict } from './verdict.ts';

/**
 * The one plug point for everything that decides about exchanges. Built-in policies stand in registry.ts; a user's own is a module
 * named in the config (`use: ./policies/my-policy.ts`) that exports a `policy` of this same interface.
 */
export interface PolicyDefinition<Options = never> {
  /** As the config names it. */
  readonly name: string;
  readonly phase: Phase;
  /** What it may have to wait for; empty: it always decides at once. A policy never waits for anything else. */
  readonly needs: readonly EffectKind[];
  /**
   * JSON Schema (2020-12) of the options of a user's own policy; without one any are taken. Those of built-in policies stand
   * in config/schema/policies.
   */
  readonly optionsSchema?: Readonly<Record<string, unknown>>;
  /**
   * Makes the policy for one place in the config. Called once for each acceptor and place, not once for each request: what
   * can be worked out from options is worked out here.
   *
   * @param options complete and valid: they have passed the schema
   */
  create(options: Options, host: PolicyHost): Policy;
}

/**
 * A policy ready for use. It decides from the decision's facts, the clock and the counters of its host; it does no IO, and
 * keeps nothing of a request but through `Decision.keep`. What is null is never called and costs nothing.
 *
 * What it throws fails the exchange with `policy_failed`, never the acceptor.
 */
export interface Policy {
  /** The request, before any upstream is asked. */
  readonly onRequest: ((decision: Decision) => Verdict) | null;
  /** The head of a response that is not an error of the gateway's own: `decision.response` is there. */
  readonly onResponse: ((decision: Decision) => Verdict) | null;
  /**
   * The upstream failed before it sent a response, and is not tried again. A policy may answer in its place; whatever else it says
   * leaves the failure as it is.
   */
  readonly onFailure?: ((decision: Decision, code: ErrorCode) => Verdict) | null;
  /** The exchange is over, in whichever way: give back what was taken. Called once if `onRequest` was called. */
  readonly onEnd: ((decision: Decision) => void) | null;
}
