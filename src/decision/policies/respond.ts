import type { PolicyDefinition } from './policy.ts';

export interface RespondOptions {
  readonly status: number;
  /** Lower-case names and values alternate. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** A fixed answer in the upstream's place: a mock, or a switch that turns a route off. */
export const respond: PolicyDefinition<RespondOptions> = {
  name: 'respond',
  phase: 'transform',
  needs: [],
  create({ status, headers, body }) {
    const response = { status, headers, body: body === '' ? null : Buffer.from(body, 'utf8') };
    return { onRequest: (decision) => decision.answer(response), onResponse: null, onEnd: null };
  },
};
