/**
 * The building blocks of the schema: fields that turn what is written into what the gateway works with, and that say in
 * whole sentences what is wrong and what was expected.
 *
 * A message holds `{value}` or `{path}` where these belong; whoever reports it puts in the text as written, so that the
 * value of a resolved reference cannot leak through a message.
 */
import { z } from 'zod';
import type { Bytes, Millis } from '../../brand.ts';
import {
  formatDuration,
  formatSize,
  LONGEST_DURATION,
  parseDuration,
  parseRate,
  parseSize,
  type Rate,
} from '../units.ts';

/** What a field's parser returns instead of a value. `problem` names the offender as `{value}` or `{path}`. */
export class Refusal {
  readonly problem: string;
  /** Replaces the field's own, where the refusal knows better. */
  readonly expected: string | null;

  /** What the input would be if it were written right, made from it: shown only where the input itself could be. */
  readonly spelling: string | null;

  constructor(problem: string, expected: string | null = null, spelling: string | null = null) {
    this.problem = problem;
    this.expected = expected;
    this.spelling = spelling;
  }

  /** One that proposes another spelling of the input. */
  static misspelt(problem: string, spelling: string): Refusal {
    return new Refusal(problem, '{spelling}', spelling);
  }
}

export interface About {
  /** The type's name in the reference page: `duration`. */
  readonly type: string;
  /** Ends the sentence "..., expected ...". */
  readonly expected: string;
  /** What goes into the JSON Schema for editors. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A field whose parser says what its input means or why it has no meaning. */
export function parsed<T>(about: About, parse: (input: unknown) => T | Refusal): z.ZodType<T> {
  return z
    .transform((input: unknown, context): T => {
      const result = input === undefined ? new Refusal('{path} is missing') : parse(input);
      if (!(result instanceof Refusal)) return result;
      const { problem, expected, spelling } = result;
      const message = `${problem}, expected ${expected ?? about.expected}`;
      context.issues.push({ code: 'custom', input, message, params: { spelling } });
      return z.NEVER;
    })
    .meta({ ...about.json, title: about.type });
}

/** A field of text; `parse` need not look at other types. */
export function parsedText<T>(about: About, parse: (input: string) => T | Refusal): z.ZodType<T> {
  return parsed({ ...about, json: { type: 'string', ...about.json } }, (input) =>
    typeof input === 'string'
      ? parse(input)
      : new Refusal(`{value} is not ${about.type === 'text' ? 'text' : withArticle(about.type)}`),
  );
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

export function wholeNumber(min: number, max: number): z.ZodType<number> {
  const about = {
    type: 'whole number',
    expected: `a whole number from ${min} to ${max}`,
    json: { type: 'integer', minimum: min, maximum: max },
  };
  return parsed(about, (input) => {
    if (!Number.isInteger(input)) return new Refusal('{value} is not a whole number');
    const number = input as number;
    return number < min || number > max
      ? new Refusal(`{value} is ${number < min ? 'too small' : 'too large'}`)
      : number;
  });
}

/** A share from 0 to 1. */
export function fraction(): z.ZodType<number> {
  const about = {
    type: 'fraction',
    expected: 'a number from 0 to 1',
    json: { type: 'number', minimum: 0, maximum: 1 },
  };
  return parsed(about, (input) =>
    typeof input === 'number' && input >= 0 && input <= 1 ? input : new Refusal('{value} is not a share'),
  );
}

export function flag(): z.ZodType<boolean> {
  const about = { type: 'true or false', expected: 'true or false', json: { type: 'boolean' } };
  return parsed(about, (input) =>
    typeof input === 'boolean' ? input : new Refusal('{value} is neither true nor false'),
  );
}

/** One of a few words; `expected` names other forms of the field too, where it has any. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  expected: string = listWords(words),
): z.ZodType<Word> {
  return parsed({ type: listWords(words), expected, json: { type: 'string', enum: words } }, (input) =>
    words.includes(input as Word) ? (input as Word) : new Refusal('{value} is not known here'),
  );
}

/** A duration in milliseconds. `none: true` also takes `none` and 0, which both become 0 and mean no limit. */
export function duration(range: Range & { readonly none?: boolean } = {}): z.ZodType<Millis> {
  const { min = 1, max = LONGEST_DURATION, none = false } = range;
  const about = {
    type: none ? 'duration or none' : 'duration',
    expected: `a number with a unit, such as 250ms, 5s, 1m or 1h${none ? ', or none' : ''}`,
    json: { type: none ? ['string', 'integer'] : 'string', examples: ['250ms', '5s', '1m'] },
  };
  return parsed(about, (input) => {
    if (none && (input === 'none' || input === 0)) return 0 as Millis;
    if (typeof input === 'number') return new Refusal('{value} is a duration without a unit');
    const ms = typeof input === 'string' ? parseDuration(input) : null;
    if (ms === null) return new Refusal('{value} is not a duration');
    if (none && ms === 0) return ms;
    if (ms < min)
      return new Refusal('{value} is too short', `at least ${formatDuration(min)}${none ? ', or none' : ''}`);
    return ms > max
      ? new Refusal('{value} is too long', `at most ${max === LONGEST_DURATION ? '24 days' : formatDuration(max)}`)
      : ms;
  });
}

/** A size in bytes. `none: true` also takes `none`, which becomes a size that nothing reaches. */
export function size(range: Range & { readonly none?: boolean } = {}): z.ZodType<Bytes> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, none = false } = range;
  const about = {
    type: none ? 'size or none' : 'size',
    expected: `a number of bytes or one with a unit, such as 16KiB or 10MiB${none ? ', or none' : ''}`,
    json: { type: ['string', 'integer'], examples: ['16KiB', '10MiB'] },
  };
  return parsed(about, (input) => {
    if (none && input === 'none') return Number.MAX_SAFE_INTEGER as Bytes;
    const bytes = typeof input === 'string' ? parseSize(input) : Number.isSafeInteger(input) ? (input as number) : null;
    if (bytes === null) return new Refusal('{value} is not a size');
    if (bytes < min) return new Refusal('{value} is too small', `at least ${formatSize(min)}`);
    return bytes > max ? new Refusal('{value} is too large', `at most ${formatSize(max)}`) : (bytes as Bytes);
  });
}

/** Above this a limit is no limit: no acceptor serves as many. */
const MOST_PER_SECOND = 1_000_000;

/** A rate: so many requests in a second, minute, hour or day. */
export function rate(): z.ZodType<Rate> {
  const about = {
    type: 'rate',
    expected: 'a whole number by a unit of time, such as 100/s, 5000/min, 10/h or 1000/d',
    json: { examples: ['100/s', '5000/min', '10/h'] },
  };
  return parsedText(about, (input) => {
    const parsedRate = parseRate(input);
    if (parsedRate === null) return new Refusal('{value} is not a rate');
    if (parsedRate.requests === 0) return new Refusal('{value} lets nothing through', 'at least 1');
    return parsedRate.requests * 1000 > MOST_PER_SECOND * parsedRate.per
      ? new Refusal('{value} is too much', `at most ${MOST_PER_SECOND}/s`)
      : parsedRate;
  });
}

/** Text of at least one character, without control characters. */
export function text(expected: string): z.ZodType<string> {
  return parsedText({ type: 'text', expected, json: { minLength: 1 } }, (input) => {
    if (input === '') return new Refusal('{path} is empty');
    // Not shown: what stands here may be a secret.
    return /[\0-\x1f\x7f]/.test(input) ? new Refusal('{path} holds a control character') : input;
  });
}

/** A name that metrics, logs and messages show. */
export function name(of: string): z.ZodType<string> {
  const about = {
    type: 'name',
    expected: `a name of 1 to 128 printable ASCII characters without blanks, to tell ${of} apart`,
    json: {},
  };
  return parsedText(about, (input) => (NAME.test(input) ? input : new Refusal('{value} is not a name')));
}

export const NAME = /^[\x21-\x7e]{1,128}$/;

/** A file's path; relative ones are taken from the folder of the config file they stand in. */
export function filePath(expected: string): z.ZodType<string> {
  return parsedText({ type: 'path', expected, json: { minLength: 1 } }, (input) =>
    input === '' || input.includes('\0') ? new Refusal('{value} is not a path') : input,
  );
}

/** A section's place that is kept for a later version: only its empty form is taken, and never a value in silence. */
export function reserved<T>(type: string, empty: T, isEmpty: (input: unknown) => boolean, what: string): z.ZodType<T> {
  return parsed({ type, expected: `${JSON.stringify(empty)} or nothing`, json: { const: empty } }, (input) =>
    isEmpty(input) ? empty : new Refusal(`this version of Penstock has no ${what} yet`),
  );
}

function withArticle(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
