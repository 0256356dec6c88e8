import { z } from 'zod';
import type { AuthorizeOptions, AuthorizeRule, ClaimRule } from '../../../decision/policies/authorize.ts';
import { name, parsed, parsedText, Refusal } from '../fields.ts';

const method = parsedText(
  { type: 'method', expected: 'a method in capitals, such as GET', json: { examples: ['GET'] } },
  (input) => {
    if (input === 'HEAD') return new Refusal('{value} is let through with GET', 'GET');
    return /^[A-Z][A-Z-]*$/.test(input) ? input : new Refusal('{value} is not a method');
  },
);

/** RFC 6749, appendix A.4. */
const scope = parsedText({ type: 'scope', expected: 'one scope', json: {} }, (input) =>
  /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(input) ? input : new Refusal('{value} is not a scope'),
);

type Scalar = string | number | boolean;

const about = { type: 'value of a claim', expected: 'text, a number, true or false', json: {} };
const scalar = parsed<Scalar>(about, (input) =>
  typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean'
    ? input
    : new Refusal('{value} is not a plain value'),
);

const claimTest = z
  .strictObject({
    equals: scalar.optional().describe('The claim is this value.'),
    contains: scalar.optional().describe('The claim is a list with this value, or this value.'),
    oneOf: z.array(scalar).min(1).optional().describe('The claim is one of these, or a list with one of them.'),
  })
  .check((context) => {
    if (Object.values(context.value).filter((value) => value !== undefined).length === 1) return;
    const message = '{path} is no one test, expected equals, contains or oneOf';
    context.issues.push({ code: 'custom', input: context.value, message });
  });

const claims = z.record(z.string(), claimTest).transform((map) =>
  Object.entries(map).map(([claim, { equals, contains, oneOf }]): ClaimRule => {
    if (oneOf !== undefined) return { claim, test: 'oneOf', values: oneOf };
    return equals !== undefined
      ? { claim, test: 'equals', values: [equals] }
      : { claim, test: 'contains', values: [contains!] };
  }),
);

const listOf = (item: z.ZodType<string>, what: string) => z.array(item).min(1).nullable().prefault(null).describe(what);

const fields = {
  methods: listOf(method, 'The method is one of these; GET stands for HEAD, too.'),
  consumers: listOf(name('consumers'), 'The consumer is one of these.'),
  groups: listOf(name('groups'), 'The consumer is in one of these groups.'),
  scopes: listOf(scope, 'The token has all of these scopes.'),
  claims: claims.prefault({}).describe('What claims of the token are, by name; `a.b` is `b` within `a`.'),
};

const rule: z.ZodType<AuthorizeRule> = z.strictObject(fields);

export const authorizeOptions: z.ZodType<AuthorizeOptions> = z
  .strictObject({
    ...fields,
    anyOf: z
      .array(rule)
      .min(1)
      .nullable()
      .prefault(null)
      .describe('Several rules of these fields: one that holds is enough.'),
  })
  .check((context) => {
    const { anyOf, claims: ofClaims, ...lists } = context.value;
    if (anyOf === null) return;
    if (ofClaims.length === 0 && Object.values(lists).every((list) => list === null)) return;
    const message = '{path} has anyOf and fields beside it, expected these within its rules';
    context.issues.push({ code: 'custom', input: context.value, message });
  })
  .transform(({ anyOf, ...single }) => ({ anyOf: anyOf ?? [single] }));
