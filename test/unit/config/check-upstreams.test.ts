import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BASE, configOf, diagnose } from './diagnose.ts';

const upstream = (line: string): string[] =>
  diagnose(`${BASE}  other:\n    endpoints: [http://127.0.0.1:9002]\n    ${line}\n`);
const forward = (line: string): string[] =>
  diagnose(
    `${BASE}  other: { endpoints: [http://127.0.0.1:9002] }\nroutes:\n  - name: r\n    match: { path: /* }\n    forward: ${line}\n`,
  );

describe('settings of an upstream that make no sense', () => {
  const cases: readonly [line: string, message: string][] = [
    ['balance: most', '8:14: "most" is not known here, expected roundRobin, leastRequests, randomTwo or { hash }'],
    ['balance: { hash: { header: "a b" } }', '8:32: "a b" is not the name of a header, expected a name such as x-user'],
    [
      'balance: { hash: user }',
      '8:22: "user" is not known here, expected ip, path, query, { header: name } or { cookie: name }',
    ],
    [
      'health: { active: {} }',
      '8:23: upstreams.other.health.active.path is missing, expected a path such as /healthz, with a query if need be',
    ],
    [
      'health: { active: { path: healthz } }',
      '8:31: "healthz" cannot be asked for, expected a path such as /healthz, with a query if need be',
    ],
    [
      'health: { active: { path: /, expect: 399-200 } }',
      '8:42: "399-200" is neither a status nor a range, expected a status, a range such as 200-399, or a list of them',
    ],
    [
      'health: { passive: { maxEjected: 120% } }',
      '8:38: "120%" is not a percentage in this range, expected a percentage from 0% to 100%',
    ],
    ['health: { passive: { ejectFor: 2h } }', '8:36: "2h" is too long, expected at most 1h'],
    ['health: { whenAllUnhealthy: pray }', '8:33: "pray" is not known here, expected try or refuse'],
    [
      'circuit: { failures: 0% }',
      '8:26: "0%" is not a percentage in this range, expected a percentage from 1% to 100%',
    ],
    ['circuit: { halfOpenRequests: 0 }', '8:34: 0 is too small, expected a whole number from 1 to 100'],
    ['limits: { inFlight: -1 }', '8:25: -1 is too small, expected a whole number from 0 to 1000000'],
    ['health: { pasive: {} }', '8:15: unknown key "pasive", did you mean "passive"?'],
  ];
  for (const [line, message] of cases) it(line, () => assert.deepEqual(upstream(line), [message]));
});

describe('settings of forward that make no sense', () => {
  const cases: readonly [line: string, message: string][] = [
    ['[{ upstream: demo }, { upstream: oter }]', '10:47: no upstream is named "oter", did you mean "other"?'],
    [
      '[{ upstream: demo }, { upstream: demo }]',
      '10:47: "demo" stands twice, expected each once (first at penstock.yaml:10:27)',
    ],
    ['[{ upstream: demo, weight: 0 }]', '10:14: every weight is 0, expected at least one upstream that takes requests'],
    ['{ upstream: [] }', '10:26: routes[0].forward.upstream is empty, expected at least one item'],
    ['{ upstream: demo, failover: demo }', '10:42: "demo" is the upstream itself, expected another one'],
    ['{ upstream: demo, failover: else }', '10:42: no upstream is named "else", expected one of demo, other'],
    [
      '{ upstream: demo, sticky: { cookie: side } }',
      '10:32: sticky goes with one upstream, expected a list of upstreams to choose from',
    ],
    ['{ upstream: demo, retries: 11 }', '10:41: 11 is too large, expected a whole number from 0 to 10'],
    [
      '{ upstream: demo, retries: { on: [never] } }',
      '10:48: "never" is no reason to try again, expected connect, reset, timeout, or a status from 500 to 599, or 429',
    ],
    [
      '{ upstream: demo, retries: { budget: 20 } }',
      '10:51: 20 is not a percentage, expected a percentage from 0% to 100%',
    ],
  ];
  for (const [line, message] of cases) it(line, () => assert.deepEqual(forward(line), [message]));
});

it('a list of shares is short for forward with one', () => {
  const text = `${BASE}  other: { endpoints: [http://127.0.0.1:9002] }\nroutes:\n`;
  const shares = '[{ upstream: demo, weight: 95 }, { upstream: other, weight: 5 }]';
  const of = (written: string): unknown =>
    configOf(`${text}  - { name: r, match: { path: /a }, forward: ${written} }\n`).routes[0]!.forward;
  assert.deepEqual(of(shares), of(`{ upstream: ${shares} }`));
});
