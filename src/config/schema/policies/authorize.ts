import { z } from 'zod';
import type { AuthorizeOptions, AuthorizeRule, ClaimCondition } from '../../../decision/policies/authorize.ts';
import { name, parsed, parsedText, Refusal, text } from '../fields.ts';
import { method } from '../route-fields.ts';

type Plain = string | number | boolean;

const plain = parsed<Plain>(
  { type: 'plain value', expected: 'text, a number, true or false', json: { type: ['string', 'number', 'boolean'] } },
  (input) =>
    ['string', 'number', 'boolean'].includes(typeof input)
      ? (input as Plain)
      : new Refusal('{value} is no plain value'),
);

/** Printable, without blanks and quotation marks (RFC 6749, section 3.3). */
const scope = parsedText({ type: 'scope', expected: 'a scope such as orders:read', json: {} }, (input) =>
  /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(input) ? input : new Refusal('{value} is not a scope'),
);

const condition = z
  .strictObject({
    equals: plain.optional().describe('The claim is this.'),
    contains: plain.optional().describe('The claim is a list, or text with blanks, that has this.'),
    oneOf: z.array(plain).min(1).optional().describe('The claim is one of these.'),
  })
  .check((context) => {
    if (Object.keys(context.value).length === 1) return;
    const message = '{path} is no condition, expected one of equals, contains and oneOf';
    context.issues.push({ code: 'custom', input: context.value, message });
  });

const claims = z.record(z.string(), condition).transform((map) =>
  Object.entries(map).map(([claim, { equals, contains, oneOf }]): ClaimCondition => {
    if (equals !== undefined) return { claim, test: 'equals', values: [equals] };
    return contains === undefined
      ? { claim, test: 'oneOf', values: oneOf ?? [] }
      : { claim, test: 'contains', values: [contains] };
  }),
);

const ruleShape = {
  methods: z.array(method()).prefault([]).describe('The rule is for these methods. Empty: for all.'),
  groups: z.array(name('groups')).prefault([]).describe('The consumer is in one of these.'),
  consumers: z.array(text('the name of a consumer')).prefault([]).describe('The consumer is one of these.'),
  scopes: z.array(scope).prefault([]).describe('The token has all of these, in its claim `scope` or `scp`.'),
  claims: claims.prefault({}).describe('Claim to condition; `a.b` is the member b of a.'),
};

const rule: z.ZodType<AuthorizeRule> = z.strictObject(ruleShape);

export const authorizeOptions: z.ZodType<AuthorizeOptions> = z
  .strictObject({ ...ruleShape, anyOf: z.array(rule).prefault([]).describe('More rules, of which one must hold.') })
  .transform(({ anyOf, ...own }): AuthorizeOptions => {
    const isEmpty = Object.values(own).every((list) => list.length === 0);
    // Nothing but an identity is asked for when there is no rule at all.
    return { anyOf: isEmpty && anyOf.length > 0 ? anyOf : [own, ...anyOf] };
  });
