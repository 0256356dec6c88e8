import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { POLICY_OPTIONS } from '../../../../../src/config/schema/policies/registry.ts';
import { Decision, responseOf } from '../../../../../src/decision/decision.ts';
import { DryRequest } from '../../../../../src/decision/dry-run.ts';
import { OFFLOAD_FAILED } from '../../../../../src/decision/policies/effect.ts';
import { INLINE_BYTES } from '../../../../../src/decision/policies/transform/transform.ts';
import { PASS, REFUSED, WAITING } from '../../../../../src/decision/policies/verdict.ts';
import { performHere } from '../../../../../src/offload/offload-tasks.ts';
import { ask, chainOf, makePolicy } from '../../../../support/policies.ts';

const policy = makePolicy('transform', {
  request: { steps: [{ drop: ['a'] }] },
  response: { steps: [{ drop: ['a'] }] },
});
const headers = ['content-type', 'application/json'];
const bodyOf = (bytes: number): Buffer => Buffer.from(`{"a":1,"b":"${'x'.repeat(bytes - 14)}"}`);

describe('transform', () => {
  it('has small bodies transformed at once, larger and compressed ones in a thread', () => {
    for (const [bytes, coding, expected] of [
      [INLINE_BYTES, 'identity', PASS],
      [INLINE_BYTES + 1, 'identity', WAITING],
      [20, 'gzip', WAITING],
    ] as const) {
      const body = bodyOf(bytes);
      assert.equal(body.length, bytes);
      const decision = new Decision(
        new DryRequest({ method: 'POST', headers: [...headers, 'content-encoding', coding], body }),
        { name: 'r' },
        null,
      );
      const chain = chainOf(policy);
      assert.equal(chain.runRequest(decision), WAITING);
      assert.equal(chain.continueRequest(decision, body), expected);
      if (expected === WAITING)
        assert.deepEqual(
          [decision.effect!.kind, (decision.effect as { task: string }).task],
          ['offload', 'transformBody'],
        );
    }
  });

  it('comes to the same in a thread as on the loop', async () => {
    const body = bodyOf(INLINE_BYTES + 1);
    const effects = { requestBody: body, responseBody: body, offload: performHere as never };
    const { verdict, decision } = await ask(policy, { method: 'POST', headers, body }, effects);
    assert.equal(verdict, PASS);
    assert.equal(decision.requestBody!.toString(), body.toString().replace('"a":1,', ''));
  });

  it('refuses when no thread takes the body: nothing goes on untransformed', () => {
    const body = bodyOf(INLINE_BYTES + 1);
    const decision = new Decision(new DryRequest({ method: 'POST', headers, body }), { name: 'r' }, null);
    const chain = chainOf(policy);
    chain.runRequest(decision);
    chain.continueRequest(decision, body);
    assert.equal(chain.continueRequest(decision, OFFLOAD_FAILED), REFUSED);
    assert.equal(decision.error, 'offload_overloaded');
  });

  it('leaves a response of a status that is not meant alone, without waiting for its body', () => {
    const decision = new Decision(new DryRequest({}), { name: 'r' }, null);
    const chain = chainOf(policy);
    assert.equal(chain.runRequest(decision), PASS);
    decision.arrive(responseOf({ status: 500, headers, body: Buffer.from('{}') }));
    assert.equal(chain.runResponse(decision), PASS);
  });

  it('options say what is wrong with paths and steps', () => {
    for (const written of [
      { request: { steps: [{ drop: ['a..b'] }] } },
      { request: { steps: [{ mask: { paths: [] } }] } },
      { request: { steps: [{ set: { 'a[': 1 } }] } },
      { request: { steps: [{ drop: ['a'], pick: ['b'] }] } },
      { request: { steps: [{}] } },
      { request: { from: 'xml', to: 'soap' } },
      { response: { statuses: ['600'] } },
      { request: { soap: { action: 'a"b' } } },
    ])
      assert.equal(POLICY_OPTIONS.transform.safeParse(written).success, false, JSON.stringify(written));
  });
});
