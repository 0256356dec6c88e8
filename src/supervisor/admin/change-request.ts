/** What changes of the configuration are asked for with. */
import { z } from 'zod';
import { duration, fraction, parsedText, Refusal, text, wholeNumber } from '../../config/schema/fields.ts';
import { type AbortRule, DEFAULT_RULES, parseAbortRules } from '../canary/abort-rules.ts';
import type { CanaryOptions } from '../canary/canary.ts';
import { SNAPSHOT_ID } from '../history/config-snapshot.ts';

const LONGEST_WHY = 500;

/** Why somebody wants a change: one line, for those who read the history later. */
export const why = text('one line of text').refine(({ length }) => length <= LONGEST_WHY, {
  message: `{path} is too long, expected at most ${LONGEST_WHY} characters`,
});

const abortRules = parsedText<readonly AbortRule[]>(
  { type: 'rules', expected: `rules such as ${DEFAULT_RULES}`, json: { examples: [DEFAULT_RULES] } },
  (input) => {
    const rules = parseAbortRules(input);
    return typeof rules === 'string' ? new Refusal(rules.split(', expected')[0]!) : rules;
  },
);

const canary = z.strictObject({
  acceptors: wholeNumber(1, 255).optional().describe('How many acceptors serve it: 1 without this and `share`.'),
  share: fraction().optional().describe('Which share of the acceptors serves it, rounded down to at least one.'),
  for: duration().prefault('60s').describe('How long it is watched.'),
  abortOn: abortRules
    .prefault(DEFAULT_RULES)
    .describe('What ends it before its time: the figures of all its traffic, and of each route, against the others.'),
  minRequests: wholeNumber(1, 1_000_000_000)
    .prefault(100)
    .describe('With fewer requests to the canary nothing can be said of it, and it is aborted.'),
});

export const reloadRequest = z.strictObject({ why: why.optional(), canary: canary.optional() });
export type ReloadRequest = z.output<typeof reloadRequest>;

export const rollbackRequest = z.strictObject({
  id: parsedText(
    { type: 'snapshot', expected: 'an id of the history', json: { pattern: SNAPSHOT_ID.source } },
    (input) => (SNAPSHOT_ID.test(input) ? input : new Refusal('{value} is no id of a snapshot')),
  )
    .optional()
    .describe('Which snapshot is to be live again: the one that was before, without it.'),
  why: why.optional(),
});

/** How many of the acceptors a canary runs on. */
export function canaryOptions(asked: NonNullable<ReloadRequest['canary']>, acceptors: number): CanaryOptions {
  const { share, for: forMs, abortOn: rules, minRequests } = asked;
  const ofShare = share === undefined ? 1 : Math.max(1, Math.floor(share * acceptors));
  return { acceptors: asked.acceptors ?? ofShare, forMs, rules, minRequests };
}
