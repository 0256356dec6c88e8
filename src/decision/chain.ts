/**
 * Runs the policies of a route over one decision:
 *
 *             onRequest  0 -> 1 -> 2 -> 3        upstream
 *             onResponse 0 <- 1 <- 2 <- 3  <---------'
 *
 * A policy that answers in the upstream's place is where the way back begins: those behind it never saw the request and do not
 * see the response. An upstream that fails is reported on the way back, too, until one answers in its place: those further
 * out then see that response. Whoever waits is asked again, through `continueRequest` or `continueResponse`, when its effect is there.
 */

import type { ErrorCode } from '../errors/table.ts';
import { type Decision, responseOf } from './decision.ts';
import type { Policy } from './policies/policy.ts';
import { ANSWERED, PASS, REFUSED, type Verdict } from './policies/verdict.ts';

/** One policy of a route. */
export interface Step {
  /** The policy's name. */
  readonly name: string;
  /** `file:line:column` of where the config asks for it. */
  readonly source: string;
  readonly policy: Policy;
  /** Calls the policy's functions; null: they are called as they are. */
  readonly guard: Guard | null;
}

/**
 * Calls a function of a policy that must not be trusted to return: a user's own. Throws what the function throws, or an Error
 * when it had to be ended.
 */
export type Guard = <Argument, Result>(
  run: (argument: Argument) => Result,
  argument: Argument,
  decision: Decision,
) => Result;

/** What a host hears of a chain that runs: nothing in an acceptor, every step in `explain`. */
export interface ChainListener {
  onStep(step: Step, phase: 'request' | 'response', verdict: Verdict): void;
  /** A policy threw. */
  onFault(step: Step, error: unknown): void;
}

/** The policies of a route, in the order in which requests pass them. */
export class Chain {
  readonly steps: readonly Step[];
  readonly hasRequest: boolean;
  readonly hasResponse: boolean;
  readonly hasFailure: boolean;
  readonly hasEnd: boolean;
  readonly #listener: ChainListener;

  constructor(steps: readonly Step[], listener: ChainListener) {
    this.steps = steps;
    this.hasRequest = steps.some(({ policy }) => policy.onRequest !== null);
    this.hasResponse = steps.some(({ policy }) => policy.onResponse !== null);
    this.hasFailure = steps.some(({ policy }) => policy.onFailure != null);
    this.hasEnd = steps.some(({ policy }) => policy.onEnd !== null);
    this.#listener = listener;
  }

  /** Asks every policy about the request. */
  runRequest(decision: Decision): Verdict {
    decision.step = decision.first - 1;
    return this.#askRequest(decision);
  }

  /** Goes on after an effect. */
  continueRequest(decision: Decision, result: unknown): Verdict {
    const verdict = this.#resume(decision, 'request', result);
    return verdict === PASS ? this.#askRequest(decision) : verdict;
  }

  /** Asks the policies that saw the request about the response, which `decision.response` describes. PASS: send it. */
  runResponse(decision: Decision): Verdict {
    // One that answered itself has had its say.
    decision.step = decision.own === null ? decision.begun : decision.begun - 1;
    return this.#askResponse(decision);
  }

  continueResponse(decision: Decision, result: unknown): Verdict {
    const verdict = this.#resume(decision, 'response', result);
    if (verdict === ANSWERED) decision.arrive(responseOf(decision.own!));
    return verdict === PASS || verdict === ANSWERED ? this.#askResponse(decision) : verdict;
  }

  /**
   * Tells the policies that saw the request that its upstream failed without a response.
   *
   * @returns null when none has an answer of its own; else as `runResponse`
   */
  runFailure(decision: Decision, code: ErrorCode): Verdict | null {
    try {
      for (let i = decision.begun - 1; i >= decision.first; i--) {
        decision.step = i;
        const step = this.steps[i]!;
        const verdict = step.policy.onFailure?.(decision, code) ?? PASS;
        if (verdict !== ANSWERED) continue;
        if (decision.trace !== null) this.#listener.onStep(step, 'response', verdict);
        decision.arrive(responseOf(decision.own!));
        return this.#askResponse(decision);
      }
      return null;
    } catch (error) {
      return this.#fail(decision, error);
    }
  }

  /** Lets every policy that saw the request give back what it holds. */
  end(decision: Decision): void {
    for (let i = decision.begun - 1; i >= decision.first; i--) {
      const step = this.steps[i]!;
      try {
        const { onEnd } = step.policy;
        if (onEnd !== null) call(step, onEnd, decision);
      } catch (error) {
        this.#listener.onFault(step, error);
      }
    }
  }

  #askRequest(decision: Decision): Verdict {
    const { steps } = this;
    try {
      for (let i = decision.step + 1; i < steps.length; i++) {
        decision.step = i;
        decision.begun = i + 1;
        const step = steps[i]!;
        if (step.policy.onRequest === null) continue;
        const verdict = call(step, step.policy.onRequest, decision);
        if (decision.trace !== null) this.#listener.onStep(step, 'request', verdict);
        if (verdict !== PASS) return verdict;
      }
      return PASS;
    } catch (error) {
      return this.#fail(decision, error);
    }
  }

  #askResponse(decision: Decision): Verdict {
    const { steps } = this;
    try {
      for (let i = decision.step - 1; i >= decision.first; i--) {
        decision.step = i;
        const step = steps[i]!;
        if (step.policy.onResponse === null) continue;
        const verdict = call(step, step.policy.onResponse, decision);
        if (decision.trace !== null) this.#listener.onStep(step, 'response', verdict);
        // The policies further out see what was put in the response's place.
        if (verdict === ANSWERED) decision.arrive(responseOf(decision.own!));
        else if (verdict !== PASS) return verdict;
      }
      return PASS;
    } catch (error) {
      return this.#fail(decision, error);
    }
  }

  #resume(decision: Decision, phase: 'request' | 'response', result: unknown): Verdict {
    const step = this.steps[decision.step]!;
    try {
      const { guard } = step;
      const verdict =
        guard === null ? decision.resume(result) : guard((value) => decision.resume(value), result, decision);
      if (decision.trace !== null) this.#listener.onStep(step, phase, verdict);
      return verdict;
    } catch (error) {
      return this.#fail(decision, error);
    }
  }

  /** An effect of the policy that is asked has failed. */
  reportFault(decision: Decision, error: unknown): void {
    this.#listener.onFault(this.steps[decision.step]!, error);
  }

  #fail(decision: Decision, error: unknown): Verdict {
    this.reportFault(decision, error);
    decision.refuse('policy_failed');
    return REFUSED;
  }
}

function call<Result>({ guard }: Step, run: (decision: Decision) => Result, decision: Decision): Result {
  return guard === null ? run(decision) : guard(run, decision, decision);
}
