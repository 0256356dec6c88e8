/**
 * Places in a body:
 *
 *   path    = [ "$" ] step *( step )          the first step may be a bare name: customer.card
 *   step    = "." name | "[" "*" "]" | "[" index "]" | "[" quoted "]"
 *   name    = 1*( any character but . [ ] " ' and blanks )
 *   quoted  = 'text' or "text", where \ takes the character behind it as it is
 *
 * `[*]` is every element of a list and every member of an object. A name never reaches through a list: `items[*].price`.
 */

/** A member's name, an element's index, or null: every one. */
export type PathStep = string | number | null;
export type JsonPath = readonly PathStep[];

const NAME = /[^.[\]"'\s]+/y;
const INDEX = /(0|[1-9]\d{0,8})\]/y;
const QUOTED = /'((?:[^'\\]|\\.)*)'\]|"((?:[^"\\]|\\.)*)"\]/sy;
const MOST_STEPS = 128;

/** @returns the steps, or in words what is wrong with the text */
export function parsePath(text: string): JsonPath | { readonly problem: string } {
  const steps: PathStep[] = [];
  let at = text.startsWith('$') ? 1 : 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  if (at === 0 && text !== '' && text[0] !== '[' && text[0] !== '.') {
    const match = take(NAME);
    if (match === null) return { problem: 'begins with neither $ nor a name' };
    steps.push(match[0]);
  }
  while (at < text.length) {
    const begun = at;
    const mark = text[at++];
    if (mark === '.') {
      const match = take(NAME);
      if (match === null) return { problem: `has no name behind the dot at character ${begun + 1}` };
      steps.push(match[0]);
    } else if (mark === '[' && text.startsWith('*]', at)) {
      at += 2;
      steps.push(null);
    } else if (mark === '[') {
      const step = bracketed(take(INDEX), take(QUOTED));
      if (step === null)
        return { problem: `has brackets at character ${begun + 1} that hold no *, index or quoted name` };
      steps.push(step);
    } else return { problem: `has ${JSON.stringify(mark)} at character ${begun + 1} where a . or [ belongs` };
  }
  if (steps.length === 0) return { problem: 'names no place' };
  return steps.length > MOST_STEPS ? { problem: `has more than ${MOST_STEPS} steps` } : steps;
}

function bracketed(index: RegExpExecArray | null, quoted: RegExpExecArray | null): PathStep | null {
  if (index !== null) return Number(index[1]);
  if (quoted === null) return null;
  return (quoted[1] ?? quoted[2]!).replace(/\\(.)/gs, '$1');
}

/** A path as `parsePath` reads it. */
export function formatPath(path: JsonPath): string {
  const steps = path.map((step) => {
    if (step === null) return '[*]';
    if (typeof step === 'number') return `[${step}]`;
    return /^[^.[\]"'\s$]+$/.test(step) ? `.${step}` : `['${step.replace(/[\\']/g, '\\$&')}']`;
  });
  return `$${steps.join('')}`;
}
