/** For tests of a policy, a user's own above all: what it does with a request, without a gateway around it. */
import { Chain } from '../chain.ts';
import { Decision, type PolicyResponse, responseOf } from '../decision.ts';
import { askRequest, askResponse, DryRequest, type DryRequestParts, dryHost } from '../dry-run.ts';
import type { PolicyHost } from './host.ts';
import type { PolicyDefinition } from './policy.ts';
import { ANSWERED, PASS, REFUSED } from './verdict.ts';

/** What became of a request. */
export interface PolicyOutcome {
  readonly outcome: 'passed' | 'refused' | 'answered';
  /** Code of the refusal, or null. */
  readonly code: string | null;
  /** Everything the policy decided. */
  readonly decision: Decision;
  /** What the policy said of its reasons. */
  readonly notes: readonly string[];
}

/** What may be other than usual in a trial. */
export interface PolicyTrial {
  readonly host?: Partial<PolicyHost>;
  /** The upstream's response, when the policy is to be asked about one. */
  readonly response?: { readonly status: number; readonly headers?: readonly string[]; readonly body?: Buffer | null };
}

/**
 * Asks a policy about a request and, where a response is given and the request passes, about the response.
 *
 * @param request a method, path, headers and the like; what is left out has a default
 * @throws what the policy throws; an Error when it waits for something it does not name among its needs
 */
export async function tryPolicy<Options>(
  definition: PolicyDefinition<Options>,
  options: Options,
  request: DryRequestParts,
  { host, response }: PolicyTrial = {},
): Promise<PolicyOutcome> {
  const notes: string[] = [];
  const facts = new DryRequest(request);
  const decision = new Decision(facts, { name: 'trial' }, { note: (text) => notes.push(text) });
  const policy = definition.create(options, dryHost(host));
  const listener = {
    onStep: (): void => {
      const kind = decision.effect?.kind;
      if (kind !== undefined && !definition.needs.includes(kind))
        throw new Error(`the policy waits for ${kind}, which is not among its needs`);
    },
    onFault: (_: unknown, error: unknown): void => {
      throw error;
    },
  };
  const chain = new Chain([{ name: definition.name, source: 'trial', policy, guard: null }], listener);
  const effects = { requestBody: facts.body, responseBody: response?.body ?? Buffer.alloc(0) };
  let verdict = await askRequest(chain, decision, effects);
  if (verdict === PASS && response !== undefined) {
    decision.arrive(responseFrom(response));
    verdict = await askResponse(chain, decision, effects);
  }
  chain.end(decision);
  const outcome =
    verdict === REFUSED ? 'refused' : verdict === ANSWERED || decision.own !== null ? 'answered' : 'passed';
  return { outcome, code: decision.error, decision, notes };
}

function responseFrom({ status, headers = [], body = null }: NonNullable<PolicyTrial['response']>): PolicyResponse {
  return { ...responseOf({ status, headers, body }), source: 'upstream' };
}
