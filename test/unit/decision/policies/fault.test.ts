import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decision } from '../../../../src/decision/decision.ts';
import { DryRequest, dryHost } from '../../../../src/decision/dry-run.ts';
import { ANSWERED, PASS, WAITING } from '../../../../src/decision/policies/verdict.ts';
import { ask, chainOf, makePolicy } from '../../../support/policies.ts';

/** Draws these numbers, one after the other. */
function drawing(...numbers: readonly number[]) {
  const left = [...numbers];
  return dryHost({ random: () => left.shift() ?? assert.fail('one draw too many') });
}

const decide = () => new Decision(new DryRequest({}), { name: 'a-route' }, null);

describe('fault', () => {
  it('aborts its share of the requests with a problem document that cannot be stored', async () => {
    const options = { abort: { status: 418, percent: 20 } };
    const { verdict, decision } = await ask(makePolicy('fault', options, drawing(0.199)), {});
    assert.equal(verdict, ANSWERED);
    const { status, headers, body } = decision.own!;
    assert.equal(status, 418);
    const expected = ['content-type', 'application/problem+json', 'penstock-error', 'fault_injected'];
    assert.deepEqual(headers, [...expected, 'cache-control', 'no-store']);
    const document = JSON.parse(body!.toString('utf8')) as Record<string, unknown>;
    assert.deepEqual([document['status'], document['code'], document['requestId']], [418, 'fault_injected', 'dry-run']);
    assert.equal((await ask(makePolicy('fault', options, drawing(0.2)), {})).verdict, PASS);
  });

  it('waits before it aborts, each by its own chance', () => {
    const options = { delay: { for: '30ms', percent: 50 }, abort: { percent: 50 } };
    const chain = chainOf(makePolicy('fault', options, drawing(0.4, 0.4, 0.4, 0.6, 0.6, 0.4)));
    const both = decide();
    assert.equal(chain.runRequest(both), WAITING);
    assert.deepEqual(both.effect, { kind: 'delay', ms: 30 });
    assert.equal(chain.continueRequest(both, undefined), ANSWERED);
    assert.equal(both.own!.status, 503);
    const delayed = decide();
    assert.equal(chain.runRequest(delayed), WAITING);
    assert.equal(chain.continueRequest(delayed, undefined), PASS);
    assert.equal(chain.runRequest(decide()), ANSWERED);
  });

  it('spares requests without the header that asks for it', async () => {
    const named = makePolicy('fault', { when: { header: 'X-Fault', value: 'on' }, abort: {} }, dryHost());
    assert.equal((await ask(named, { headers: ['x-fault', 'on'] })).verdict, ANSWERED);
    assert.equal((await ask(named, { headers: ['x-fault', 'off'] })).verdict, PASS);
    assert.equal((await ask(named, {})).verdict, PASS);
    const any = makePolicy('fault', { when: { header: 'x-fault' }, abort: {} }, dryHost());
    assert.equal((await ask(any, { headers: ['x-fault', ''] })).verdict, ANSWERED);
  });

  it('never happens at 0 percent and always at 100', async () => {
    const never = { abort: { percent: 0 } };
    assert.equal((await ask(makePolicy('fault', never, drawing(0)), {})).verdict, PASS);
    assert.equal((await ask(makePolicy('fault', { abort: {} }, drawing(1 - Number.EPSILON)), {})).verdict, ANSWERED);
  });
});
