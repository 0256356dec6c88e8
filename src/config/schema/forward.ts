/** `forward` of a route: which upstream, how the request is sent, and what happens when that fails. */
import { z } from 'zod';
import type { RetryRules } from '../compiled-care.ts';
import { duration, flag, name, parsed, Refusal, wholeNumber } from './fields.ts';
import { forwardedHost, pathPrefix } from './route-fields.ts';
import { percentage, tokenName } from './upstream-fields.ts';

const RETRIED_STATUSES = 'connect, reset, timeout, or a status from 500 to 599';

/** One reason to try again. */
const reason = parsed<'connect' | 'reset' | 'timeout' | number>(
  {
    type: 'connect, reset, timeout or a status',
    expected: RETRIED_STATUSES,
    json: { type: ['string', 'integer'], examples: ['connect', 'reset', 'timeout', 503] },
  },
  (input) => {
    if (input === 'connect' || input === 'reset' || input === 'timeout') return input;
    const isStatus =
      Number.isInteger(input) && ((input as number) === 429 || Math.floor((input as number) / 100) === 5);
    return isStatus
      ? (input as number)
      : new Refusal('{value} is no reason to try again', `${RETRIED_STATUSES}, or 429`);
  },
);

const backoff = z.strictObject({
  base: duration({ max: 60_000 })
    .prefault('25ms')
    .describe('The first retry waits up to this long, each further one up to twice as long.'),
  max: duration({ max: 60_000 }).prefault('250ms').describe('No retry waits longer.'),
});

const retryRules = z.strictObject({
  attempts: wholeNumber(0, 10).prefault(1).describe('Further attempts, at most.'),
  budget: percentage(0)
    .prefault('20%')
    .describe(
      "Retries may be at most this share of an upstream's requests in the last 10 seconds, counted by each acceptor; three are always allowed.",
    ),
  backoff: backoff.optional().describe('Wait before a retry, a random time each. Without it retries follow at once.'),
  on: z
    .array(reason)
    .prefault(['connect', 'reset'])
    .describe(
      'What is worth another attempt: no connection (`connect`), one that ends without an answer (`reset`), an answer that does not come (`timeout`), or a status. All but `connect` only for idempotent methods.',
    ),
});

/** A number of attempts, or when and how often in more words. */
export interface Retries {
  readonly attempts: number;
  readonly rules: RetryRules | null;
}

const retries = z.union([
  wholeNumber(0, 10).transform((attempts): Retries => ({ attempts, rules: null })),
  retryRules.transform(
    ({ attempts, budget, backoff: wait, on }): Retries => ({
      attempts,
      rules: {
        connect: on.includes('connect'),
        reset: on.includes('reset'),
        timeout: on.includes('timeout'),
        statuses: on.filter((one) => typeof one === 'number'),
        budget,
        backoff: wait ?? null,
      },
    }),
  ),
]);

const share = z.strictObject({
  upstream: name('upstreams').describe('Name of an upstream.'),
  weight: wholeNumber(0, 1000)
    .prefault(1)
    .describe('Share of the requests, relative to the others. 0: only those that a sticky cookie holds to it.'),
});

const shares = z.array(share).min(1);

const sticky = z.union([
  z
    .strictObject({ cookie: tokenName('cookie').describe('Cookie that the gateway sets.') })
    .transform(({ cookie }) => ({ by: 'cookie', name: cookie }) as const),
  z
    .strictObject({ header: tokenName('header').describe('Header whose value decides.') })
    .transform(({ header }) => ({ by: 'header', name: header }) as const),
]);

const forwardFields = z.strictObject({
  upstream: z
    .union([name('upstreams'), shares])
    .describe('Name of an upstream, or a list of `{ upstream, weight }` that share the requests.'),
  sticky: sticky
    .optional()
    .describe(
      'The same client has the same one of several upstreams: by a `{ cookie }` the gateway sets, or by a `{ header }`.',
    ),
  failover: name('upstreams')
    .optional()
    .describe(
      'Upstream for requests that the first cannot serve: no healthy endpoint, or attempts that failed safely.',
    ),
  stripPrefix: pathPrefix()
    .optional()
    .describe("Leading segments taken off the path before it is forwarded. The route's path must begin with them."),
  host: forwardedHost()
    .prefault('preserve')
    .describe("The Host header that is sent: the client's (`preserve`), the endpoint's (`upstream`), or this text."),
  timeout: duration({ none: true })
    .prefault('30s')
    .describe('The whole exchange, to the last byte of the response. `none` for streams and large downloads.'),
  headTimeout: duration()
    .prefault('30s')
    .describe('From the request being sent to the head of the response; then `504`.'),
  idleTimeout: duration().prefault('30s').describe('Between two pieces of the response body.'),
  retries: retries
    .prefault(1)
    .describe(
      'Further attempts when the first fails and repeating it is safe: a number, or `{ attempts, budget, backoff, on }`.',
    ),
  retryNonIdempotent: flag()
    .prefault(false)
    .describe(
      'Also repeat `POST` and the like when a reused connection closes without an answer. Such a request may then be carried out twice.',
    ),
});

/** A list of shares is short for `{ upstream: [...] }`. */
export const forward = z.union([forwardFields, shares.transform((list) => forwardFields.parse({ upstream: list }))]);

export type Forward = z.output<typeof forwardFields>;
