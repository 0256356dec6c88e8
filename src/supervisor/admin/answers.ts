/**
 * What the answers of the admin API look like, for its OpenAPI document. Each is held by the compiler to the type that is answered with,
 * and by a test to what is really answered.
 */
import { z } from 'zod';
import { LOG_LEVELS } from '../../config/schema/log-level.ts';
import type { Lever } from '../../ipc.ts';
import type { Quantiles, Traffic } from '../../telemetry/traffic.ts';
import type { CanaryStatus } from '../canary/canary.ts';
import type { GroupFigures, RouteComparison } from '../canary/judge-canary.ts';
import type { TrialStatus } from '../canary/trials.ts';
import type { Drift } from '../drift.ts';
import type { HistoryEntry } from '../history/history-entry.ts';
import type { PulledLever } from '../levers/pulled-lever.ts';

const count = z.number().describe('A number of them.');
const time = z.iso.datetime();
const timeOrNull = time.nullable();
const ms = z.number().nullable().describe('Milliseconds; null: nothing was counted.');
const refusal = z.object({ at: time, message: z.string() });

const canaryQuantiles = z.object({ p50: ms, p90: ms, p99: ms });
const groupFigures = z.object({
  requests: count,
  errors: count,
  byClass: z.record(z.string(), count),
  byCode: z.record(z.string(), count),
  gatewayMs: canaryQuantiles,
  upstreamMs: canaryQuantiles,
}) satisfies z.ZodType<GroupFigures>;

const comparison = z.object({
  route: z.string().nullable().describe('Null: all together; `-`: no route was found.'),
  canary: groupFigures,
  others: groupFigures,
  broken: z.array(z.string()).describe('Rules that it breaks, a sentence each.'),
}) satisfies z.ZodType<RouteComparison>;

const canaryLine = z.object({
  generation: z.number(),
  acceptors: count,
  rules: z.array(z.string()),
  startedAt: time,
  endsAt: time,
  state: z.enum(['watching', 'promoted', 'aborted']),
  reason: z.string().nullable(),
  total: comparison,
});
const canaryStatus = canaryLine.extend({ routes: z.array(comparison) }) satisfies z.ZodType<Untold<CanaryStatus>>;

/** Branded numbers are plain ones on the wire. */
type Untold<T> = { [Key in keyof T]: T[Key] extends number ? number : T[Key] };

export const trialAnswer = z.object({
  trial: z.number().describe('Counts up from the start of the gateway.'),
  state: z.enum(['preparing', 'refused', 'watching', 'promoted', 'aborted']),
  reason: z.string().nullable().describe('Why it ended; null while it has not.'),
  evidence: canaryStatus.nullable(),
}) satisfies z.ZodType<Omit<TrialStatus, 'evidence'>>;

export const takenAnswer = z.object({
  generation: z.number().describe('The generation that is live now.'),
  id: z.string().describe('Of the snapshot.'),
  liveAfterMs: z.number().describe("From the wish to the last acceptor's acknowledgement."),
});

const lever = z.union([
  z.object({ kind: z.literal('kill-route'), route: z.string() }),
  z.object({
    kind: z.literal('limit'),
    route: z.string(),
    window: z.object({ requests: count, per: z.number().describe('Milliseconds.'), burst: count }),
  }),
  z.object({ kind: z.literal('endpoint-out'), upstream: z.string(), endpoint: z.string() }),
  z.object({ kind: z.literal('log-level'), level: z.enum(LOG_LEVELS) }),
]) satisfies z.ZodType<{ kind: Lever['kind'] }>;

export const leverAnswer = z.object({
  id: z.string(),
  lever,
  who: z.string().nullable().describe('Name of the token; null: nobody had to show one.'),
  why: z.string(),
  at: time,
  until: timeOrNull.describe('Null: until somebody lets go of it.'),
}) satisfies z.ZodType<Omit<PulledLever, 'lever'>>;

export const leversAnswer = z.object({ levers: z.array(leverAnswer) });

const namedSnapshot = z.object({ id: z.string(), label: z.string().nullable() });

const cause = z.object({
  kind: z.enum(['start', 'signal', 'watch', 'git', 'certificates', 'api']),
  who: z.string().nullable(),
  why: z.string().nullable(),
});

export const driftAnswer = z.object({
  isDrifting: z.boolean(),
  live: namedSnapshot,
  source: z.object({
    description: z.string(),
    snapshot: namedSnapshot.nullable().describe('What it said when last read; null: it could not be used.'),
    refusal: refusal.extend({ label: z.string().nullable().describe('Of what was refused: a commit.') }).nullable(),
    label: z.string().nullable().describe('What it was called when last asked: a commit.'),
    answeredAt: timeOrNull.describe('When it last answered; null: never since the start.'),
    unreachable: refusal.nullable().describe('Why it cannot be reached; null: it can. No drift by itself.'),
    trial: z.enum(['watching', 'aborted']).nullable().describe('What came of trying out what it says.'),
  }),
  reasons: z.array(z.string()).describe('A sentence for each way in which they differ.'),
  levers: z.array(leverAnswer),
}) satisfies z.ZodType<Omit<Drift, 'levers'>>;

const historyEntry = z.object({
  number: z.number(),
  at: time,
  event: z.enum(['published', 'rolled-back', 'refused', 'canary-begun', 'canary-promoted', 'canary-aborted']),
  id: z.string().nullable(),
  label: z.string().nullable(),
  source: z.string(),
  generation: z.number().nullable(),
  routes: count.nullable(),
  cause,
  message: z.string().nullable(),
  evidence: canaryStatus.nullable(),
}) satisfies z.ZodType<HistoryEntry>;

export const historyAnswer = z.object({
  live: z.string().nullable().describe('Id of the snapshot that is live.'),
  entries: z
    .array(historyEntry.extend({ isKept: z.boolean().describe('Whether it can be gone back to.') }))
    .describe('Newest first.'),
});

export const filesAnswer = z.object({
  id: z.string(),
  files: z.array(z.object({ file: z.string(), text: z.string() })),
});

const quantiles = z.object({ p50: ms, p99: ms }) satisfies z.ZodType<Quantiles>;
const traffic = z.object({
  name: z.string(),
  requests: count,
  serverErrors: count,
  gatewayErrors: count,
  gatewayMs: quantiles,
  upstreamMs: quantiles,
  openConnections: count,
  waitingExchanges: count,
}) satisfies z.ZodType<Traffic>;

/** Members may be added: those of features of their own are described by nothing but their names here. */
export const statusAnswer = z.looseObject({
  version: z.string(),
  instance: z.string(),
  startedAt: time,
  uptimeSeconds: z.number(),
  config: z.object({
    source: z.string(),
    generation: z.number(),
    snapshot: z.string(),
    label: z.string().nullable(),
    sourceSnapshot: z.string().nullable(),
    sourceLabel: z.string().nullable(),
    sourceAnsweredAt: timeOrNull,
    sourceUnreachable: refusal.nullable(),
    publishedAt: timeOrNull,
    publishedBy: cause.nullable(),
    lastError: refusal.nullable(),
    isDrifting: z.boolean(),
    drift: z.array(z.string()),
    taken: count,
    refused: count,
    historyFailures: count,
  }),
  canary: canaryLine.nullable(),
  levers: z.array(leverAnswer),
  acceptors: z.array(
    z.looseObject({
      slot: z.number(),
      pid: z.number(),
      state: z.enum(['starting', 'serving', 'draining', 'unresponsive']),
      heartbeatAgeSeconds: z.number(),
      generation: z.number(),
      openConnections: count,
      exchangesInFlight: count,
      restarts: count,
    }),
  ),
  acceptorRestarts: count,
  routes: z.array(traffic),
  upstreams: z.array(traffic),
  endpoints: z.array(z.looseObject({ upstream: z.string(), endpoint: z.string(), healthy: z.boolean() })),
  unrouted: count,
  accessLog: z.looseObject({ droppedLines: count }),
  certificates: z.array(z.looseObject({ subject: z.string(), file: z.string(), notAfter: time, daysLeft: z.number() })),
  keySets: z.array(z.looseObject({ url: z.string(), keys: count.nullable(), isStale: z.boolean() })),
});

const counts = z.array(z.tuple([z.number(), count])).describe('Pairs of a time and how many took it.');
export const latenciesAnswer = z.object({
  routes: z.array(z.object({ route: z.string(), gateway: counts, upstream: counts })),
});

export const purgeAnswer = z.object({ acceptors: count, dropped: count });
export const stoppedAnswer = z.object({ stopped: z.boolean() });

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string().describe('Names the error.'),
  diagnostics: z.array(z.string()).optional().describe('Everything that is wrong with what was refused, a line each.'),
});
