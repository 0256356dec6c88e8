import type { ChainListener, Step } from '../../decision/chain.ts';
import type { Trace } from '../../decision/decision.ts';
import type { Phase } from '../../decision/policies/phases.ts';
import { policyDefinition } from '../../decision/policies/registry.ts';
import { VERDICT, type Verdict } from '../../decision/policies/verdict.ts';

/** What a policy said about a request, or about the response to it. */
export interface TracedStep {
  readonly policy: string;
  readonly phase: Phase;
  /** `file:line:column`. */
  readonly source: string;
  readonly stage: 'request' | 'response';
  /** `fault`: it threw. */
  readonly verdict: 'pass' | 'refuse' | 'answer' | 'wait' | 'fault';
  /** In its own words, in the order it said them. */
  readonly notes: readonly string[];
}

const WORDS = {
  [VERDICT.PASS]: 'pass',
  [VERDICT.REFUSED]: 'refuse',
  [VERDICT.ANSWERED]: 'answer',
  [VERDICT.WAITING]: 'wait',
} as const satisfies Record<Verdict, TracedStep['verdict']>;

/** Writes down what the policies of one request say. */
export class DecisionTrace implements Trace, ChainListener {
  readonly steps: TracedStep[] = [];
  #notes: string[] = [];
  #waiting: Step | null = null;

  note(text: string): void {
    this.#notes.push(text);
  }

  onStep(step: Step, stage: 'request' | 'response', verdict: Verdict): void {
    this.#add(step, stage, WORDS[verdict]);
  }

  /** Only the kind of what was thrown: the message may hold what the request held. */
  onFault(step: Step, error: unknown): void {
    this.note(`threw ${error instanceof Error ? error.name : typeof error}`);
    this.#add(step, this.steps.at(-1)?.stage ?? 'request', 'fault');
  }

  #add(step: Step, stage: 'request' | 'response', verdict: TracedStep['verdict']): void {
    // One that waited has been heard already: what it says in the end replaces that it waited.
    const begun = this.#waiting === step ? this.steps.pop() : undefined;
    const notes = [...(begun?.notes ?? []), ...this.#notes];
    this.#notes = [];
    this.#waiting = verdict === 'wait' ? step : null;
    const { phase } = policyDefinition(step.name);
    this.steps.push({ policy: step.name, phase, source: step.source, stage, verdict, notes });
  }
}
