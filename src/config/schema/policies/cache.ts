import { z } from 'zod';
import type { CacheOptions } from '../../../decision/policies/cache/options.ts';
import { duration, flag, oneOf, parsedText, Refusal, size, wholeNumber } from '../fields.ts';
import { headerName } from './header-fields.ts';

const MIB = 1024 * 1024;

/** Responses that may be stored where nothing else is said (RFC 9110, section 15.1), but for what few would expect. */
const STATUSES = [200, 203, 204, 300, 301, 308, 404, 410];

const parameter = parsedText(
  { type: 'parameter', expected: 'the name of a query parameter, such as utm_*', json: { examples: ['utm_*'] } },
  (input) => (/^[^&=\s]+$/.test(input) ? input : new Refusal('{value} is no name of a parameter')),
);

const options = z
  .strictObject({
    ttl: duration()
      .nullable()
      .prefault(null)
      .describe(
        'How long a response is fresh that does not say so itself. Without it, a tenth of the time since its Last-Modified.',
      ),
    maxTtl: duration().nullable().prefault(null).describe('The longest that any response is fresh.'),
    methods: z
      .array(oneOf(['GET', 'HEAD']))
      .min(1)
      .prefault(['GET', 'HEAD'])
      .describe('Requests that are answered from the store.'),
    statuses: z.array(wholeNumber(200, 599)).min(1).prefault(STATUSES).describe('Responses that may be stored.'),
    ignoreOrigin: flag()
      .prefault(false)
      .describe(
        'Go by `ttl` alone, whatever Cache-Control and Expires say; `private`, `Vary` and `Set-Cookie` still count.',
      ),
    shared: flag()
      .prefault(false)
      .describe('One entry for all consumers. Only for routes whose answers do not depend on who asks.'),
    vary: z
      .array(headerName('request'))
      .prefault([])
      .describe('Request headers that tell responses apart, beside those in `Vary`.'),
    query: oneOf(['exact', 'sorted', 'ignored'])
      .prefault('exact')
      .describe('Whether queries that differ in the order of their parameters, or at all, are the same.'),
    ignoreQuery: z
      .array(parameter)
      .prefault([])
      .describe('Query parameters that do not count; `utm_*` takes all that begin so.'),
    staleWhileRevalidate: duration({ none: true })
      .prefault('none')
      .describe('How long a stale response is sent while a new one is fetched, where the response does not say.'),
    staleIfError: duration({ none: true })
      .prefault('none')
      .describe('How long a stale response is sent when the upstream fails, where the response does not say.'),
    surrogateKeys: headerName('response')
      .prefault('surrogate-key')
      .describe('Response header with keys to purge by. Clients never see it.'),
    maxBodyBytes: size({ min: 1, max: 64 * MIB })
      .prefault('1MiB')
      .describe('Larger responses are passed on and not stored.'),
    status: flag().prefault(true).describe('Send Cache-Status (RFC 9211).'),
  })
  .check((context) => {
    const { ignoreOrigin, ttl } = context.value;
    if (!ignoreOrigin || ttl !== null) return;
    context.issues.push({
      code: 'custom',
      input: context.value,
      path: ['ignoreOrigin'],
      message: '{path} leaves nothing to say how long responses are fresh, expected ttl beside it',
    });
  });

export const cacheOptions: z.ZodType<CacheOptions> = options;
