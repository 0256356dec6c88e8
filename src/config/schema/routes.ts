/** `routes`: which requests go where. */
import { z } from 'zod';
import { budget } from './budgets.ts';
import { name } from './fields.ts';
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
    .describe(
      'What `penstock bench` holds its requests to, on top of the top-level `budget`. Not enforced on requests.',
    ),
});
