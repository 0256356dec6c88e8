import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decision } from '../../../../src/decision/decision.ts';
import { DryRequest, type DryRequestParts, dryHost } from '../../../../src/decision/dry-run.ts';
import type { SideRequest, SideResponse } from '../../../../src/decision/policies/host.ts';
import { PASS } from '../../../../src/decision/policies/verdict.ts';
import { chainOf, makePolicy } from '../../../support/policies.ts';

/** A mirror whose copies are kept here; each is under way until it is ended. */
function mirrorOf(options: object, { random = 0, takes = true } = {}) {
  const sent: SideRequest[] = [];
  const ends: (() => void)[] = [];
  const send = (request: SideRequest, onResponse?: (response: SideResponse | null) => void): boolean => {
    if (!takes) return false;
    sent.push(request);
    ends.push(() => onResponse!(null));
    return true;
  };
  const host = dryHost({ random: () => random, sideRequests: { send } });
  const chain = chainOf(makePolicy('mirror', { upstream: 'shadow', ...options }, host));
  const ask = (parts: DryRequestParts = {}): Decision => {
    const decision = new Decision(new DryRequest(parts), { name: 'a-route' }, null);
    assert.equal(chain.runRequest(decision), PASS);
    return decision;
  };
  return { sent, ends, ask, chain };
}

const BODY = Buffer.from('12345');

describe('mirror', () => {
  it('copies its share', () => {
    for (const [random, copies] of [
      [0.099, 1],
      [0.1, 0],
    ] as const) {
      const { sent, ask } = mirrorOf({ percent: 10 }, { random });
      ask();
      assert.equal(sent.length, copies);
    }
  });

  it('has no more copies under way than it may, those counted whose body is on its way', () => {
    const { sent, ends, ask, chain } = mirrorOf({ maxInFlight: 2 });
    const uploading = ask({ method: 'PUT', body: BODY });
    ask();
    ask();
    assert.equal(sent.length, 1);
    uploading.requestTaps![0]!.onChunk(BODY);
    uploading.requestTaps![0]!.onComplete();
    assert.equal(sent.length, 2);
    chain.end(uploading);
    ask();
    assert.equal(sent.length, 2);
    ends[0]!();
    ask();
    ask();
    assert.equal(sent.length, 3);
  });

  it('holds no place for a body that never comes, or grows too long, or for what was not sent', () => {
    const { sent, ask, chain } = mirrorOf({ maxInFlight: 1, maxBodyBytes: '8B' });
    const aborted = ask({ method: 'PUT', body: BODY });
    chain.end(aborted);
    aborted.requestTaps![0]!.onComplete();
    const long = ask({ method: 'PUT', body: BODY });
    for (let piece = 0; piece < 3; piece++) long.requestTaps![0]!.onChunk(BODY);
    long.requestTaps![0]!.onComplete();
    chain.end(long);
    assert.equal(sent.length, 0);
    ask();
    assert.equal(sent.length, 1);
    const refused = mirrorOf({ maxInFlight: 1 }, { takes: false });
    for (let i = 0; i < 5; i++) refused.ask();
    assert.equal(refused.sent.length, 0);
  });

  it('does not look at a body that is declared too long', () => {
    const { sent, ask } = mirrorOf({ maxBodyBytes: '4B' });
    assert.equal(ask({ method: 'PUT', body: BODY }).requestTaps, null);
    assert.equal(sent.length, 0);
  });

  it('copies what policies before it made of the request', () => {
    const { sent, chain } = mirrorOf({});
    const parts = {
      path: '/a',
      query: 'x=1',
      headers: ['x-a', 'client', 'x-b', 'client', 'x-forwarded-for', 'forged'],
    };
    const decision = new Decision(new DryRequest({ ...parts, method: 'PUT', body: BODY }), { name: 'r' }, null);
    decision.requestHeaders.set('x-a', 'gateway');
    decision.target = { path: '/b', query: null };
    decision.host = 'inner.example';
    decision.requestBody = Buffer.from('made');
    assert.equal(chain.runRequest(decision), PASS);
    const [copy] = sent;
    assert.deepEqual([copy!.method, copy!.target, copy!.host], ['PUT', '/b', 'inner.example']);
    assert.equal(copy!.body!.toString(), 'made');
    const values = (name: string) => copy!.headers.filter((_, at) => at % 2 === 1 && copy!.headers[at - 1] === name);
    assert.deepEqual([values('x-a'), values('x-b')], [['gateway'], ['client']]);
    assert.deepEqual([values('x-forwarded-for'), values('x-penstock-mirror')], [['127.0.0.1'], ['1']]);
  });
});
