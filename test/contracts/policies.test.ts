import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { POLICY_OPTIONS } from '../../src/config/schema/policies/registry.ts';
import { Decision, responseOf } from '../../src/decision/decision.ts';
import { askRequest, askResponse, DryRequest, type DryRequestParts, dryHost } from '../../src/decision/dry-run.ts';
import { PHASES } from '../../src/decision/policies/phases.ts';
import { POLICIES, type PolicyName } from '../../src/decision/policies/registry.ts';
import { ANSWERED, PASS, REFUSED, WAITING } from '../../src/decision/policies/verdict.ts';
import { ERRORS } from '../../src/errors/table.ts';
import { chainOf, makePolicy, NO_BODIES } from '../support/policies.ts';
import { POLICY_CASES } from '../support/policy-cases.ts';

const NAMES = Object.keys(POLICIES) as PolicyName[];

const headerNames = fc.constantFrom(
  'authorization',
  'cookie',
  'origin',
  'x-api-key',
  'x-old',
  'accept',
  'content-type',
);
const headerValues = fc.oneof(
  fc.string({ maxLength: 40 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
  fc.constantFrom('Bearer a.b.c', 'Basic YTpi', 'https://a.example', 'application/json', 'a=b; c=d'),
);

const requests: fc.Arbitrary<DryRequestParts> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
  host: fc.constantFrom('localhost', 'shop.example.com'),
  path: fc.constantFrom('/', '/a', '/a/b', '/catalog/42', '/%E4'),
  query: fc.option(fc.constantFrom('', 'a=1', 'api_key=k&b', '%zz=1')),
  headers: fc.array(fc.tuple(headerNames, headerValues), { maxLength: 6 }).map((pairs) => pairs.flat()),
  clientIp: fc.constantFrom('', '127.0.0.1', '192.0.2.7', '2001:db8::1'),
  scheme: fc.constantFrom('http', 'https'),
  body: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
});

const upstreamAnswer = {
  status: 200,
  headers: ['content-type', 'text/plain', 'cache-control', 'max-age=5'],
  body: null,
};

describe('the registry of policies', () => {
  it('has a schema and a case of the contract suite for every policy, under its own name', () => {
    assert.deepEqual(Object.keys(POLICY_OPTIONS).sort(), [...NAMES].sort());
    assert.deepEqual(Object.keys(POLICY_CASES).sort(), [...NAMES].sort());
    for (const name of NAMES) {
      assert.equal(POLICIES[name].name, name);
      assert.ok(PHASES.includes(POLICIES[name].phase));
      assert.ok(POLICY_CASES[name].length > 0, name);
    }
  });
});

for (const name of NAMES) {
  describe(`policy contract: ${name}`, () => {
    for (const [index, written] of POLICY_CASES[name].entries()) {
      it(`decides about any request, case ${index + 1}`, async () => {
        await fc.assert(
          fc.asyncProperty(requests, async (parts) => {
            const policy = makePolicy(name, written);
            const chain = chainOf(policy);
            const request = new DryRequest(parts);
            const before = JSON.stringify(request.headers);
            const decision = new Decision(request, { name: 'a-route' }, null);
            const first = chain.runRequest(decision);
            if (first === WAITING) assert.ok(POLICIES[name].needs.includes(decision.effect!.kind as never));
            const body = { ...NO_BODIES, requestBody: request.body };
            const again = new Decision(request, { name: 'a-route' }, null);
            const verdict = await askRequest(chain, again, body);
            if (verdict === REFUSED) assert.ok(again.error !== null && again.error in ERRORS);
            else if (verdict === ANSWERED) assert.ok(again.own !== null && again.own.status >= 200);
            else assert.equal(verdict, PASS);
            if (verdict === PASS) {
              again.arrive(responseOf(upstreamAnswer));
              const atResponse = await askResponse(chain, again, body);
              assert.ok(atResponse === PASS || atResponse === REFUSED);
            }
            chain.end(again);
            chain.end(decision);
            assert.equal(JSON.stringify(request.headers), before, 'facts never change');
          }),
          { numRuns: 60 },
        );
      });

      it(`decides the same from the same facts, clock and counters, case ${index + 1}`, async () => {
        await fc.assert(
          fc.asyncProperty(requests, async (parts) => {
            const outcomes = [];
            for (let run = 0; run < 2; run++) {
              const decision = new Decision(new DryRequest(parts), { name: 'a-route' }, null);
              const effects = { ...NO_BODIES, requestBody: parts.body! };
              const verdict = await askRequest(chainOf(makePolicy(name, written, dryHost())), decision, effects);
              const { error, own, target, consumer, claims } = decision;
              outcomes.push({ verdict, error, own, target, consumer, claims });
            }
            assert.deepEqual(outcomes[0], outcomes[1]);
          }),
          { numRuns: 30 },
        );
      });
    }
  });
}
