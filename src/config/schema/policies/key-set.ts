/** A JSON Web Key Set that the supervisor fetches. */
import { z } from 'zod';
import type { KeySetOptions } from '../../../decision/policies/jwt/jwt-options.ts';
import { duration, flag, parsedText, Refusal } from '../fields.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

const url = parsedText({ type: 'URL', expected: 'the https URL of a key set', json: { format: 'uri' } }, (input) => {
  const parsedUrl = URL.canParse(input) ? new URL(input) : null;
  if (parsedUrl === null || !/^https?:$/.test(parsedUrl.protocol))
    return new Refusal('{value} is no URL of http or https');
  if (parsedUrl.username !== '' || parsedUrl.password !== '') return new Refusal('{path} holds credentials');
  parsedUrl.hash = '';
  return parsedUrl.href;
});

export const keySet: z.ZodType<KeySetOptions> = z
  .strictObject({
    url: url.describe('Where it is. Only the supervisor asks; redirects are not followed.'),
    timeout: duration({ min: 10, max: 60_000 }).prefault('5s').describe('How long one fetch may take.'),
    refresh: z
      .strictObject({
        min: duration({ min: 100 }).prefault('1m').describe('Not sooner than this after a fetch that worked.'),
        max: duration({ min: 100 }).prefault('1h').describe('Not later than this.'),
      })
      .prefault({})
      .describe(
        'When it is fetched again: after four fifths of what `Cache-Control: max-age` says, within these bounds.',
      ),
    cooldown: duration({ min: 100 })
      .prefault('30s')
      .describe('A token with an unknown key causes a fetch, but not sooner than this after the one before.'),
    maxStale: duration({ none: true })
      .prefault('none')
      .describe('How long the old keys are used while the set cannot be fetched. `none`: until it can be.'),
    allowHttp: flag().prefault(false).describe('Whether an address without TLS is taken that is not of this machine.'),
  })
  .check((context) => {
    const { url: address, allowHttp, refresh } = context.value;
    const { protocol, hostname } = new URL(address);
    const complain = (path: string, message: string) =>
      context.issues.push({ code: 'custom', input: context.value, path: [path], message });
    if (protocol === 'http:' && !allowHttp && !LOOPBACK.test(hostname))
      complain('url', '{value} can be changed on its way, expected https, or allowHttp: true');
    if (refresh.min > refresh.max) complain('refresh', '{path} has a min above its max, expected min <= max');
  })
  .transform(({ refresh, allowHttp: _, ...rest }) => ({ ...rest, refreshMin: refresh.min, refreshMax: refresh.max }));
