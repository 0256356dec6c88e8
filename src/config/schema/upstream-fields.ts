/** Fields of upstreams that more than one section has. */
import { z } from 'zod';
import type { KeySource, StatusRanges } from '../compiled-care.ts';
import { oneOf, parsed, parsedText, Refusal } from './fields.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A percentage as a fraction: `20%` is 0.2. */
export function percentage(min: number, max = 100): z.ZodType<number> {
  const about = {
    type: 'percentage',
    expected: `a percentage from ${min}% to ${max}%`,
    json: { examples: ['20%', '50%'] },
  };
  return parsedText(about, (input) => {
    const parts = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(input);
    const percent = parts === null ? Number.NaN : Number(parts[1]);
    return percent >= min && percent <= max ? percent / 100 : new Refusal('{value} is not a percentage in this range');
  });
}

/** `200-399`, `204`, or a list of such: pairs of first and last. */
export function statuses(isEmptyAllowed: boolean): z.ZodType<StatusRanges> {
  const about = {
    type: 'statuses',
    expected: `a status, a range such as 200-399, or a list of them${isEmptyAllowed ? ', which may be empty' : ''}`,
    json: { type: ['string', 'integer', 'array'], examples: ['200-399', 204, [200, '300-303']] },
  };
  return parsed(about, (input) => {
    const items: readonly unknown[] = Array.isArray(input) ? input : [input];
    if (items.length === 0 && !isEmptyAllowed) return new Refusal('{path} is an empty list');
    const ranges: (readonly [number, number])[] = [];
    for (const item of items) {
      const parts = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(item));
      const isText = typeof item === 'string' || typeof item === 'number';
      const first = Number(parts?.[1]);
      const last = Number(parts?.[2] ?? parts?.[1]);
      if (!isText || parts === null || first > last)
        return new Refusal(`${JSON.stringify(item)} is neither a status nor a range`);
      ranges.push([first, last]);
    }
    return ranges;
  });
}

/** The name of a header or cookie that is read. */
export function tokenName(of: 'header' | 'cookie'): z.ZodType<string> {
  const about = { type: `${of} name`, expected: `a name such as ${of === 'header' ? 'x-user' : 'session'}`, json: {} };
  return parsedText(about, (input) => {
    if (!TOKEN.test(input)) return new Refusal(`{value} is not the name of a ${of}`);
    return of === 'header' ? input.toLowerCase() : input;
  });
}

/** `ip`, `path`, `query`, `{ header: x-user }` or `{ cookie: session }`. */
export function keySource(): z.ZodType<KeySource> {
  const words = oneOf(['ip', 'path', 'query'], 'ip, path, query, { header: name } or { cookie: name }');
  return z.union([
    words.transform((by): KeySource => ({ by })),
    z
      .strictObject({ header: tokenName('header').describe('Header whose value is the key.') })
      .transform(({ header }): KeySource => ({ by: 'header', name: header })),
    z
      .strictObject({ cookie: tokenName('cookie').describe('Cookie whose value is the key.') })
      .transform(({ cookie }): KeySource => ({ by: 'cookie', name: cookie })),
  ]);
}
