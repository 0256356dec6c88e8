/**
 * The schema of the whole config: the one source of its types, its checks, its JSON Schema and its reference page.
 *
 * It parses rather than checks: what comes out is complete (every default filled in) and in the gateway's own terms
 * (durations in milliseconds, addresses taken apart). What needs more than one field to judge is in check.ts.
 */
import { z } from 'zod';
import { budget } from './budgets.ts';
import { consumer } from './consumers.ts';
import { parsed, Refusal } from './fields.ts';
import { admin, listener } from './listeners.ts';
import { policyList } from './policies/policies.ts';
import { route } from './routes.ts';
import { runtime } from './runtime.ts';
import { telemetry } from './telemetry.ts';
import { configTest } from './tests.ts';
import { upstream } from './upstreams.ts';

const version = parsed<1>({ type: '1', expected: 'version: 1', json: { const: 1 } }, (input) =>
  input === 1 ? 1 : new Refusal('{value} is no version of this format'),
);

export const configSchema = z.strictObject({
  version: version.describe('Version of this format.'),
  listeners: z.array(listener).min(1).describe('Addresses that take traffic.'),
  admin: admin.prefault({}).describe('The address for operators: metrics, health, status.'),
  runtime: runtime.prefault({}).describe('Processes and memory.'),
  telemetry: telemetry.prefault({}).describe('What is told about exchanges and the gateway itself, and where.'),
  upstreams: z.record(z.string(), upstream).prefault({}).describe('Groups of endpoints, by name.'),
  consumers: z.record(z.string(), consumer).prefault({}).describe('Who may ask, by name.'),
  policies: z
    .record(z.string(), policyList)
    .prefault({})
    .describe('Lists of policies by name, for routes that share them.'),
  routes: z
    .array(route)
    .prefault([])
    .describe('Which requests go where. The order matters only between routes of equal rank; see Precedence.'),
  budget: budget
    .prefault({})
    .describe(
      "What `penstock bench` holds the requests of every route to; a route's own comes on top, member by member.",
    ),
  tests: z.array(configTest).prefault([]).describe('What the config is meant to do, for `penstock test`.'),
});

/** A config that passed the schema. Paths are as written: compile.ts makes them absolute. */
export type Config = z.output<typeof configSchema>;
export type Listener = Config['listeners'][number];
export type Upstream = Config['upstreams'][string];
export type Consumer = Config['consumers'][string];
export type Budget = Config['budget'];
export type Route = Config['routes'][number];
export type ConfigTest = Config['tests'][number];
