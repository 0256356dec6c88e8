/** Fields of policies that hold text with values of the request in it. */
import type { z } from 'zod';
import { pathTemplateProblem } from '../../../decision/url-template.ts';
import { unknownValues, VALUE_NAMES, ValueTemplate } from '../../../decision/value-template.ts';
import { nearest } from '../../nearest.ts';
import { parsedText, Refusal } from '../fields.ts';

/** What is wrong with the names in a template, or null. */
export function unknownValue(text: string): Refusal | null {
  const [unknown] = unknownValues(text);
  if (unknown === undefined) return null;
  const expected = nearest(unknown, VALUE_NAMES) ?? VALUE_NAMES.join(', ');
  return new Refusal(`{path} holds \${${unknown}}, which stands for nothing`, expected);
}

/** A path with values in it. */
export function pathTemplate(): z.ZodType<string> {
  const about = {
    type: 'path with values',
    expected: `a path such as /people/\${path.id}`,
    json: { examples: [`/people/\${path.id}`] },
  };
  return parsedText(about, (input) => {
    const unknown = unknownValue(input);
    if (unknown !== null) return unknown;
    const problem = pathTemplateProblem(ValueTemplate.compile(input));
    return problem === null ? input : new Refusal(`{value} ${problem}`);
  });
}

/** Text with values in it. */
export function valueTemplate(): z.ZodType<string> {
  const about = { type: 'text with values', expected: `text, with values such as \${client.ip}`, json: {} };
  return parsedText(about, (input) => unknownValue(input) ?? input);
}
