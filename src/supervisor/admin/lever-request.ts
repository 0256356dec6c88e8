/** What an operator pulls a lever with. */
import { z } from 'zod';
import { duration, name, oneOf, rate, wholeNumber } from '../../config/schema/fields.ts';
import { LOG_LEVELS } from '../../config/schema/log-level.ts';
import type { Lever } from '../../ipc.ts';
import { why } from './change-request.ts';

const common = {
  why: why.describe('Why, for everybody who wonders later. Required.'),
  for: duration().optional().describe('How long: until somebody lets go of it, without this.'),
};
const route = name('routes').describe('Name of the route.');

const killRoute = z.strictObject({ kind: z.literal('kill-route'), route, ...common });
const limit = z.strictObject({
  kind: z.literal('limit'),
  route,
  rate: rate().describe('In place of every limit of the route: `100/s`, `5000/min`.'),
  burst: wholeNumber(1, 10_000_000).optional().describe('Requests that may come at once: as many as the rate names.'),
  ...common,
});
const endpointOut = z.strictObject({
  kind: z.literal('endpoint-out'),
  upstream: name('upstreams').describe('Name of the upstream.'),
  endpoint: name('endpoints').describe('As in metrics: `http://host:port`.'),
  ...common,
});
const logLevel = z.strictObject({ kind: z.literal('log-level'), level: oneOf(LOG_LEVELS), ...common });

export const leverRequest = z.discriminatedUnion('kind', [killRoute, limit, endpointOut, logLevel]);
export type LeverRequest = z.output<typeof leverRequest>;

export function leverOf(asked: LeverRequest): Lever {
  switch (asked.kind) {
    case 'kill-route':
      return { kind: 'kill-route', route: asked.route };
    case 'limit': {
      const { requests, per } = asked.rate;
      return { kind: 'limit', route: asked.route, window: { requests, per, burst: asked.burst ?? requests } };
    }
    case 'endpoint-out':
      return { kind: 'endpoint-out', upstream: asked.upstream, endpoint: asked.endpoint };
    case 'log-level':
      return { kind: 'log-level', level: asked.level };
    default:
      return asked satisfies never;
  }
}
