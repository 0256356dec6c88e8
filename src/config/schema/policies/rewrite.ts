import { z } from 'zod';
import { normaliseHost } from '../../../decision/normalise-host.ts';
import type { RewriteOptions } from '../../../decision/policies/rewrite.ts';
import { parsePathPattern } from '../../../decision/route/path-pattern.ts';
import { isNormalPath, type PrefixChange } from '../../../decision/url-template.ts';
import { parsedText, Refusal } from '../fields.ts';
import { pathTemplate, valueTemplate } from './template-fields.ts';

/** Leading segments, or `/` for those of every path. */
function prefix(): z.ZodType<string> {
  const about = { type: 'path prefix', expected: 'whole segments such as /api, or /', json: { examples: ['/api'] } };
  return parsedText(about, (input) => {
    const isWhole = input === '/' || (!input.endsWith('/') && !/[*{}?#]/.test(input) && isNormalPath(input));
    return isWhole ? input : new Refusal('{value} is not a path prefix');
  });
}

export const prefixChange: z.ZodType<PrefixChange> = z
  .strictObject({
    from: prefix().describe('Leading segments of the path; `/` for every path.'),
    to: prefix().describe('What stands in their place; `/` for nothing.'),
  })
  .check(({ value, issues }) => {
    if (value.from !== value.to) return;
    issues.push({ code: 'custom', input: value, message: '{path} changes nothing, expected two prefixes' });
  });

const pattern = parsedText(
  { type: 'path pattern', expected: '/users/{id} or /users/{id}/*', json: { examples: ['/users/{id}/*'] } },
  (input) => {
    if (input.startsWith('~')) return new Refusal('{value} is a regular expression');
    try {
      parsePathPattern(input);
      return input;
    } catch (error) {
      return new Refusal(`{value} is no path pattern (${(error as Error).message})`);
    }
  },
);

/** As `pathTemplate`, or with `/*` behind it. */
const destination = parsedText(
  { type: 'path with values', expected: `a path such as /people/\${path.id}/*`, json: {} },
  (input) => {
    const plain = pathTemplate().safeParse(input.endsWith('/*') ? input.slice(0, -2) || '/' : input);
    if (plain.success) return input;
    const [problem, expected] = plain.error.issues[0]!.message.split(', expected ');
    return new Refusal(problem!, expected);
  },
);

const template = z
  .strictObject({
    from: pattern.describe('What the path must look like; other paths stay as they are.'),
    to: destination.describe(
      `The new path. \`\${path.NAME}\` is a parameter of \`from\`, or else of the route; \`/*\` at the end is what \`/*\` in \`from\` stands for.`,
    ),
  })
  .check(({ value, issues }) => {
    if (!value.to.endsWith('/*') || value.from.endsWith('/*')) return;
    issues.push({ code: 'custom', input: value, message: '{path} ends in /* in to alone, expected it in from, too' });
  });

const host = parsedText(
  { type: 'host', expected: 'a host such as orders.internal or orders.internal:8080', json: {} },
  (input) => (normaliseHost(input) === null ? new Refusal('{value} cannot be sent as a Host header') : input),
);

const parameterName = parsedText(
  { type: 'name of a parameter', expected: 'the name of a query parameter, decoded', json: {} },
  (input) => (input === '' ? new Refusal('{path} is empty') : input),
);

const query = z.strictObject({
  remove: z.array(parameterName).prefault([]).describe('Parameters to take away.'),
  set: z
    .record(z.string(), valueTemplate())
    .transform((map) => Object.entries(map))
    .prefault({})
    .describe(`Parameters that replace all of their name. Values may hold \`\${claims.sub}\` and the like.`),
});

export const rewriteOptions: z.ZodType<RewriteOptions> = z
  .strictObject({
    prefix: prefixChange.optional().describe('Changes leading segments of the path.'),
    template: template.optional().describe('Changes paths of one form into another.'),
    path: pathTemplate().optional().describe('The path, whatever it was.'),
    host: host.optional().describe('The Host header that is sent.'),
    query: query.prefault({}).describe('Changes to the query; the rest of it stays as it came.'),
  })
  .check(({ value, issues }) => {
    const paths = [value.prefix, value.template, value.path].filter((part) => part !== undefined);
    const isEmpty =
      paths.length === 0 && value.host === undefined && value.query.remove.length + value.query.set.length === 0;
    const problem =
      paths.length > 1
        ? '{path} changes the path in several ways, expected one of prefix, template and path'
        : isEmpty
          ? '{path} changes nothing, expected prefix, template, path, host or query'
          : null;
    if (problem !== null) issues.push({ code: 'custom', input: value, message: problem });
  })
  .transform(({ prefix: change, template: form, path, host: sent, query: changes }) => ({
    path:
      change !== undefined
        ? { kind: 'prefix' as const, ...change }
        : form !== undefined
          ? { kind: 'template' as const, ...form }
          : path === undefined
            ? null
            : { kind: 'path' as const, to: path },
    host: sent ?? null,
    query: changes,
  }));
