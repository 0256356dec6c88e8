import type { Millis } from '../../brand.ts';
import { problem } from '../../errors/problem.ts';
import type { Decision } from '../decision.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

export interface FaultOptions {
  /** Only requests with this header, and with this value when it is not null. Null: any. */
  readonly when: { readonly header: string; readonly value: string | null } | null;
  readonly delay: { readonly for: Millis; readonly share: number } | null;
  readonly abort: { readonly status: number; readonly share: number } | null;
}

/** Errors and delays on purpose, to see how clients take them. */
export const fault: PolicyDefinition<FaultOptions> = {
  name: 'fault',
  phase: 'transform',
  needs: ['delay'],
  create({ when, delay, abort }, { random }) {
    const isMeant = ({ request }: Decision): boolean => {
      if (when === null) return true;
      const sent = request.header(when.header);
      return sent !== null && (when.value === null || sent === when.value);
    };
    const end = (decision: Decision): Verdict => {
      if (abort === null || random() >= abort.share) return PASS;
      decision.trace?.note(`aborted on purpose with ${abort.status}`);
      return abortWith(abort.status, decision);
    };
    return {
      onRequest(decision) {
        if (!isMeant(decision)) return PASS;
        if (delay === null || random() >= delay.share) return end(decision);
        decision.trace?.note(`held up on purpose for ${delay.for} ms`);
        return decision.wait({ kind: 'delay', ms: delay.for }, () => end(decision));
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

/** The problem document of `fault_injected`, with whichever status was asked for; never to be stored. */
function abortWith(status: number, decision: Decision): Verdict {
  const { headers, body } = problem('fault_injected', decision.request.requestId, ['cache-control', 'no-store'], {
    status,
  });
  // Whoever renders the answer says the request's id.
  const kept = headers.filter((_, at) => headers[at - (at % 2)] !== 'x-request-id');
  return decision.answer({ status, headers: kept, body: Buffer.from(body, 'utf8') });
}
