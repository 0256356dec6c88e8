/** `budget`: what the bench holds a route to. Nothing of it is enforced on requests. */
import { z } from 'zod';
import type { Micros } from '../../brand.ts';
import { parsedText, Refusal } from './fields.ts';

/** Longer ones are no budget, and no histogram of the bench counts them. */
const LONGEST_MICROS = 60_000_000;
const MICROS_PER_UNIT: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 };

/** A share of errors: `0.1%`, as a fraction. */
const errorShare = parsedText(
  { type: 'percentage', expected: 'a percentage such as 0.1%', json: { examples: ['0.1%'] } },
  (input) => {
    const parts = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(input);
    const share = parts === null ? Number.NaN : Number(parts[1]) / 100;
    return share >= 0 && share <= 1 ? share : new Refusal('{value} is not a percentage');
  },
);

/** A time in microseconds: finer than other durations of a config, because what a gateway adds is less than a millisecond. */
function fineDuration(): z.ZodType<Micros> {
  const about = {
    type: 'fine duration',
    expected: 'a time from 1us to 60s, such as 800us, 1.5ms or 2s',
    json: { examples: ['800us', '1.5ms', '20ms'] },
  };
  return parsedText(about, (input) => {
    const parts = /^(\d{1,8}(?:\.\d{1,3})?)(us|ms|s)$/.exec(input);
    if (parts === null) return new Refusal('{value} is not a duration');
    const us = Math.round(Number(parts[1]) * MICROS_PER_UNIT[parts[2]!]!);
    return us >= 1 && us <= LONGEST_MICROS ? (us as Micros) : new Refusal('{value} is no time that a budget can be');
  });
}

const overhead = z.strictObject({
  p50: fineDuration().optional().describe('Half of the requests take less.'),
  p99: fineDuration().optional().describe('99 of 100 requests take less.'),
  p999: fineDuration().optional().describe('999 of 1000 requests take less.'),
});

export const budget = z.strictObject({
  p50: fineDuration().optional().describe('What clients wait, from when a request was due: half of them wait less.'),
  p90: fineDuration().optional().describe('90 of 100 requests wait less.'),
  p95: fineDuration().optional().describe('95 of 100 requests wait less.'),
  p99: fineDuration().optional().describe('99 of 100 requests wait less.'),
  p999: fineDuration().optional().describe('999 of 1000 requests wait less.'),
  errors: errorShare
    .optional()
    .describe('Share of requests that may fail, or be answered with another status than was recorded.'),
  overhead: overhead
    .optional()
    .describe("Time in the gateway's own hands, without what it waits for upstreams and clients."),
});
