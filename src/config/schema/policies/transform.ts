import { z } from 'zod';
import { type JsonPath, parsePath } from '../../../decision/policies/transform/json-path.ts';
import { FORMATS } from '../../../decision/policies/transform/media-types.ts';
import type { TransformStep } from '../../../decision/policies/transform/steps.ts';
import type { MessagePlan, TransformOptions } from '../../../decision/policies/transform/transform.ts';
import { oneOf, parsed, parsedText, Refusal, size, wholeNumber } from '../fields.ts';

const MOST_PATHS = 100;
const MOST_STEPS = 100;
const MAX_BYTES = 64 * 1024 ** 2;

const path = parsedText<JsonPath>(
  {
    type: 'path',
    expected: 'a place in the body, such as $.customer.card or items[*].price',
    json: { examples: ['$.customer.card', 'items[*].price'] },
  },
  (input) => {
    const result = parsePath(input);
    return 'problem' in result ? new Refusal(`{value} ${result.problem}`) : result;
  },
);

const paths = z.array(path).min(1).max(MOST_PATHS);

const anyText = (expected: string) => parsedText({ type: 'text', expected, json: {} }, (input) => input);

/** A map of paths to something, as pairs. */
function byPath<T>(value: z.ZodType<T>): z.ZodType<readonly (readonly [JsonPath, T])[]> {
  return z.record(z.string(), value).transform((map, context) =>
    Object.entries(map).map(([key, item]): readonly [JsonPath, T] => {
      const result = parsePath(key);
      if (!('problem' in result)) return [result, item as T];
      const message = `${JSON.stringify(key)} ${result.problem}, expected a place in the body`;
      context.issues.push({ code: 'custom', input: map, path: [key], message, params: { part: 'key' } });
      return [[], item as T];
    }),
  );
}

const newName = anyText('the new name');
const constant = parsed<string>({ type: 'value', expected: 'a value that JSON can hold', json: {} }, (input) => {
  const json = JSON.stringify(input);
  return json === undefined ? new Refusal('{value} is not a value') : json;
});

const mask = z.strictObject({
  paths: paths.describe('Places whose values are hidden.'),
  keepLast: wholeNumber(0, 64).prefault(0).describe('Characters left at the end, where at least as many are hidden.'),
  with: anyText('the text that is put in the place of what is hidden')
    .prefault('***')
    .describe('What is put in the place of what is hidden.'),
});

const step = z
  .strictObject({
    pick: paths.optional().describe('Places that stay; everything else goes.'),
    drop: paths.optional().describe('Places that go.'),
    rename: byPath(newName).optional().describe('Places to the new names of these members.'),
    mask: mask.optional().describe('Values that are hidden.'),
    set: byPath(constant).optional().describe('Places to constant values.'),
  })
  .check((context) => {
    const names = Object.keys(context.value);
    if (names.length === 1 || context.issues.length > 0) return;
    const message = '{path} is not one step, expected a map of one key: pick, drop, rename, mask or set';
    context.issues.push({ code: 'custom', input: context.value, message });
  })
  .meta({ minProperties: 1, maxProperties: 1 });

function stepsOf({ pick, drop, rename, mask: hidden, set }: z.output<typeof step>): TransformStep[] {
  if (pick !== undefined) return [{ kind: 'pick', paths: pick }];
  if (drop !== undefined) return [{ kind: 'drop', paths: drop }];
  if (hidden !== undefined) return [{ kind: 'mask', ...hidden }];
  if (set !== undefined) return set.map(([at, json]) => ({ kind: 'set', path: at, json }));
  return (rename ?? []).map(([at, to]) => ({ kind: 'rename', path: at, to }));
}

const xml = z.strictObject({
  lists: z
    .array(anyText('the name of an element'))
    .prefault([])
    .describe('Elements that are a list even where one stands alone.'),
  prefixes: oneOf(['keep', 'drop'])
    .prefault('keep')
    .describe('Prefixes of namespaces in names. `drop` leaves out what declares them, too.'),
  root: parsedText({ type: 'text', expected: 'the name of an element', json: {} }, (input) =>
    /^[A-Za-z_][-.\w:]*$/.test(input) ? input : new Refusal('{value} is not the name of an element'),
  )
    .nullable()
    .prefault(null)
    .describe('Element put around what is written; without it the one member of the object is the root.'),
});

const soap = z.strictObject({
  version: oneOf(['1.1', '1.2']).prefault('1.1').describe('Version that is written; both are read.'),
  action: parsedText({ type: 'text', expected: 'the URI of an action', json: {} }, (input) =>
    /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(input) ? input : new Refusal('{value} is not the URI of an action'),
  )
    .nullable()
    .prefault(null)
    .describe('Sent as `SOAPAction` (1.1), or in the media type (1.2).'),
});

const message = {
  from: oneOf(FORMATS).prefault('json').describe('What the body is read as.'),
  to: oneOf(FORMATS).prefault('json').describe('What the body is written as.'),
  steps: z.array(step).max(MOST_STEPS).prefault([]).describe('Changes, carried out in this order.'),
  xml: xml.prefault({}).describe('How XML and SOAP become members, and members XML.'),
  soap: soap.prefault({}).describe('The envelope that is written.'),
  maxBytes: size({ min: 1, max: MAX_BYTES }).prefault('1MiB').describe('How long a body may be, compressed or not.'),
  otherTypes: oneOf(['pass', 'refuse'])
    .prefault('refuse')
    .describe(
      'What becomes of bodies of another type, or none. `pass`: they go on untouched, and with them whatever a step would have hidden.',
    ),
};

const status = parsedText<readonly [number, number]>(
  {
    type: 'status',
    expected: 'a status such as 404, a class such as 2xx, or all',
    json: { examples: ['2xx', '404', 'all'] },
  },
  (input) => {
    if (input === 'all') return [200, 599];
    if (/^[2-5]xx$/.test(input)) return [Number(input[0]) * 100, Number(input[0]) * 100 + 99];
    return /^[2-5]\d\d$/.test(input) ? [Number(input), Number(input)] : new Refusal('{value} is not a status');
  },
);

const XML_FORMATS: readonly string[] = ['xml', 'soap'];

function toPlan<T extends { readonly steps: readonly z.output<typeof step>[] }>(
  written: T,
): Omit<T, 'steps'> & { steps: TransformStep[] } {
  return { ...written, steps: written.steps.flatMap(stepsOf) };
}

/** XML read and written again would lose comments and what stands between elements. */
function isLossy({ from, to }: { readonly from: string; readonly to: string }): boolean {
  return XML_FORMATS.includes(from) && XML_FORMATS.includes(to);
}

const LOSSY = { error: '{path} reads XML and writes XML, expected json or messagePack on one side' };

const requestPlan: z.ZodType<MessagePlan> = z
  .strictObject(message)
  .refine((plan) => !isLossy(plan), LOSSY)
  .transform(toPlan);
const responsePlan: z.ZodType<NonNullable<TransformOptions['response']>> = z
  .strictObject({
    ...message,
    statuses: z.array(status).min(1).prefault(['2xx']).describe('Statuses of responses that are transformed.'),
  })
  .refine((plan) => !isLossy(plan), LOSSY)
  .transform(toPlan);

export const transformOptions: z.ZodType<TransformOptions> = z.strictObject({
  request: requestPlan.nullable().prefault(null).describe('What becomes of the body that the client sends.'),
  response: responsePlan.nullable().prefault(null).describe('What becomes of the body that the upstream sends.'),
});
