/** `routes`: which requests go where. */
import { z } from 'zod';
import { duration, name, parsedText, Refusal } from './fields.ts';
import { forward } from './forward.ts';
import { hostPattern } from './network-fields.ts';
import { routePolicies } from './policies/policies.ts';
import { headerConditions, method, pathPattern, queryConditions } from './route-fields.ts';

const match = z.strictObject({
  hosts: z
    .array(hostPattern())
    .prefault([])
    .describe(
      "Host names without port, in lower case and IDNA's ASCII form; `*.example.com` is every name below it. Any host without.",
    ),
  path: pathPattern().describe('`/a`, `/a/*`, `/users/{id}` or `~expression`; see Paths.'),
  methods: z
    .array(method())
    .prefault([])
    .describe('Methods, in capitals. Any method without. `GET` does not include `HEAD`.'),
  headers: headerConditions().prefault({}).describe('Headers and the exact value each must have.'),
  query: queryConditions()
    .prefault({})
    .describe('Query parameters, percent-decoded, and the exact value each must have.'),
});

/** A share of errors: `0.1%` or 0.001, as a fraction. */
const errorShare = parsedText(
  { type: 'percentage', expected: 'a percentage such as 0.1%', json: { examples: ['0.1%'] } },
  (input) => {
    const parts = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(input);
    const share = parts === null ? Number.NaN : Number(parts[1]) / 100;
    return share >= 0 && share <= 1 ? share : new Refusal('{value} is not a percentage');
  },
);

const budget = z.strictObject({
  p50: duration().optional().describe('Half of the requests are faster.'),
  p99: duration().optional().describe('99 of 100 requests are faster.'),
  errors: errorShare.optional().describe('Share of requests that may fail.'),
});

export const route = z.strictObject({
  name: name('routes').describe('Shown in logs and metrics.'),
  match: match.describe('What a request must look like. All of it has to hold.'),
  policies: routePolicies
    .prefault([])
    .describe('What happens to its requests on the way: names of lists, and policies of its own. See Policies.'),
  forward: forward
    .optional()
    .describe('Where the request goes. Left out when a policy answers every request: `respond` or `redirect`.'),
  budget: budget
    .optional()
    .describe('Time and errors that the gateway may take, checked by the bench. Not enforced on requests.'),
});
