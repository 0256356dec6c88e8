import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Millis } from '../../../../src/brand.ts';
import { DecisionTrace } from '../../../../src/cli/dry-gateway/decision-trace.ts';
import { Chain, type Step } from '../../../../src/decision/chain.ts';
import { Decision } from '../../../../src/decision/decision.ts';
import { askRequest, DryRequest } from '../../../../src/decision/dry-run.ts';
import type { Policy } from '../../../../src/decision/policies/policy.ts';
import { PASS, REFUSED } from '../../../../src/decision/policies/verdict.ts';
import { NO_BODIES } from '../../../support/policies.ts';

const step = (line: number, onRequest: Policy['onRequest']): Step => ({
  name: 'headers',
  source: `a.yaml:${line}:1`,
  policy: { onRequest, onResponse: null, onEnd: null },
  guard: null,
});

/** What is traced of policies that are asked one after the other, as `line verdict: notes`. */
async function traced(...requests: NonNullable<Policy['onRequest']>[]): Promise<{ verdict: number; lines: string[] }> {
  const trace = new DecisionTrace();
  const chain = new Chain(
    requests.map((onRequest, at) => step(at + 1, onRequest)),
    trace,
  );
  const decision = new Decision(new DryRequest({}), { name: 'r' }, trace);
  const verdict = await askRequest(chain, decision, NO_BODIES);
  return {
    verdict,
    lines: trace.steps.map(({ source, verdict: said, notes }) => `${source} ${said}: ${notes.join(', ')}`),
  };
}

describe('a trace of policies', () => {
  it('has one step for each, with what it said, also when it waited in between', async () => {
    const { verdict, lines } = await traced(
      (decision) => {
        decision.trace?.note('first');
        return PASS;
      },
      (decision) => {
        decision.trace?.note('asks');
        return decision.wait({ kind: 'delay', ms: 5 as Millis }, () => {
          decision.trace?.note('knows');
          return decision.wait({ kind: 'requestBody', maxBytes: 9 as never }, () => decision.refuse('not_authorized'));
        });
      },
    );
    assert.equal(verdict, REFUSED);
    assert.deepEqual(lines, ['a.yaml:1:1 pass: first', 'a.yaml:2:1 refuse: asks, knows']);
  });

  it('says of a policy that throws, at once or in a promise, what kind of error it was and not what it said', async () => {
    const thrown = await traced(() => {
      throw new RangeError('secret');
    });
    assert.deepEqual([thrown.verdict, thrown.lines], [REFUSED, ['a.yaml:1:1 fault: threw RangeError']]);
    const rejected = await traced((decision) =>
      decision.wait(
        { kind: 'promise', limit: 5 as Millis, run: () => Promise.reject(new TypeError('secret')) },
        () => PASS,
      ),
    );
    assert.deepEqual([rejected.verdict, rejected.lines], [REFUSED, ['a.yaml:1:1 fault: threw TypeError']]);
  });
});
