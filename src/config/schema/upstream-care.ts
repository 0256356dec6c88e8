/** `health`, `circuit` and `limits` of an upstream. */
import { z } from 'zod';
import { duration, oneOf, parsedText, Refusal, wholeNumber } from './fields.ts';
import { percentage, statuses } from './upstream-fields.ts';

/** Longer ones would be kept in memory for longer than the words there can count. */
const LONGEST_REST = 3_600_000;
const LONGEST_WINDOW = 600_000;

const checkPath = parsedText(
  { type: 'path', expected: 'a path such as /healthz, with a query if need be', json: { examples: ['/healthz'] } },
  (input) => (/^\/[\x21-\x7e]*$/.test(input) ? input : new Refusal('{value} cannot be asked for')),
);

const checkHost = parsedText(
  { type: 'host', expected: 'a host such as orders.internal:8080', json: { examples: ['orders.internal'] } },
  (input) =>
    /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(input)
      ? input
      : new Refusal('{value} cannot be sent as a Host header'),
);

const active = z.strictObject({
  path: checkPath.describe('What each endpoint is asked for.'),
  every: duration({ min: 100 })
    .prefault('2s')
    .describe('From one check of an endpoint to its next, give or take a tenth.'),
  timeout: duration({ max: 60_000 })
    .prefault('500ms')
    .describe('For the whole check. An answer that comes later is none.'),
  healthyAfter: wholeNumber(1, 100).prefault(2).describe('Good answers in a row that bring an endpoint back.'),
  unhealthyAfter: wholeNumber(1, 100).prefault(3).describe('Bad or missing answers in a row that take it out.'),
  expect: statuses(false).prefault('200-399').describe('Statuses of a good answer.'),
  host: checkHost.optional().describe("The Host header. The endpoint's own without it."),
  method: oneOf(['GET', 'HEAD', 'OPTIONS']).prefault('GET').describe('Method of the check.'),
});

const passive = z.strictObject({
  failures: wholeNumber(1, 1000).prefault(5).describe('Failures in a row that eject an endpoint.'),
  within: duration({ max: LONGEST_WINDOW }).prefault('10s').describe('Failures older than this do not count.'),
  ejectFor: duration({ max: LONGEST_REST })
    .prefault('30s')
    .describe('How long the first time; twice as long each time it happens again soon, up to 5 minutes.'),
  maxEjected: percentage(0).prefault('50%').describe('Share of the endpoints that may be ejected at one time.'),
  statuses: statuses(true)
    .prefault([])
    .describe('Statuses that count as failures, beside connections that fail, break, or take too long.'),
});

export const health = z.strictObject({
  active: active.optional().describe('The gateway asks every endpoint again and again.'),
  passive: passive.optional().describe('The gateway watches how exchanges with an endpoint end.'),
  whenAllUnhealthy: oneOf(['try', 'refuse'])
    .prefault('try')
    .describe('`try`: endpoints that are all unhealthy are used as if they were not. `refuse`: `503` at once.'),
});

export const circuit = z.strictObject({
  failures: percentage(1).prefault('50%').describe('Share of the exchanges with an endpoint that have to fail.'),
  minRequests: wholeNumber(1, 1_000_000)
    .prefault(20)
    .describe('Exchanges in the window before the share means anything.'),
  window: duration({ min: 100, max: LONGEST_WINDOW }).prefault('10s').describe('How far back is looked.'),
  openFor: duration({ max: LONGEST_REST }).prefault('5s').describe('How long the endpoint is left alone.'),
  halfOpenRequests: wholeNumber(1, 100)
    .prefault(1)
    .describe('Requests that then go to it, over all acceptors. All have to succeed for the others to follow.'),
  statuses: statuses(true)
    .prefault('500-599')
    .describe('Statuses that count as failures, beside connections that fail, break, or take too long.'),
});

const most = (what: string): z.ZodType<number> =>
  wholeNumber(0, 1_000_000).prefault(0).describe(`Requests in flight ${what}, over all acceptors. 0: no limit.`);

export const limits = z.strictObject({
  inFlight: most('at the upstream'),
  perEndpoint: most('at one endpoint'),
});
