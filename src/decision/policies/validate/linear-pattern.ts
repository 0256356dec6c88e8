import { compileLinearRegExp } from '../../route/linear-regexp.ts';

/** What the linear engine takes of a counted repetition. */
const MOST_AT_ONCE = 16;
/** What documents may ask for: the engine's cost for each character grows with it. */
const MOST_REPEATS = 1000;

const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|.)/sy;
const CLASS = /\[(?:\\.|[^\]\\])*\]/sy;
const COUNT = /\{(\d{1,9})(,(\d{0,9}))?\}\??/y;

/**
 * Compiles a `pattern` of a schema so that matching takes time linear in the text. Counts above 16, which the engine does not
 * take, are written as several: `x{1,40}` as `x{1}x{0,16}x{0,16}x{0,7}`.
 *
 * @throws SyntaxError as `compileLinearRegExp`
 */
export function compileLinearPattern(source: string): RegExp {
  return compileLinearRegExp(expandCounts(source));
}

/** The same expression without counts above 16. */
export function expandCounts(source: string): string {
  let written = '';
  /** Where what a count would repeat begins in `written`; -1: nothing can be repeated here. */
  let atom = -1;
  const groups: number[] = [];
  for (let at = 0; at < source.length; ) {
    const token = tokenAt(source, at);
    at += token.length;
    const count = matchAt(COUNT, source, at - token.length);
    if (count !== null && atom !== -1) {
      written = written.slice(0, atom) + repeated(written.slice(atom), Number(count[1]), maximumOf(count));
      atom = -1;
      continue;
    }
    if (token === '(') groups.push(written.length);
    atom = token === ')' ? (groups.pop() ?? -1) : /^[(^$|?*+]$/.test(token) ? -1 : written.length;
    written += token;
  }
  return written;
}

function maximumOf(count: RegExpExecArray): number {
  if (count[2] === undefined) return Number(count[1]);
  return count[3] === '' ? Number.POSITIVE_INFINITY : Number(count[3]);
}

function tokenAt(source: string, at: number): string {
  const special = matchAt(ESCAPE, source, at) ?? matchAt(CLASS, source, at) ?? matchAt(COUNT, source, at);
  return special === null ? source[at]! : special[0];
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

function repeated(atom: string, min: number, max: number): string {
  if (min > MOST_REPEATS || (max > MOST_REPEATS && max !== Number.POSITIVE_INFINITY))
    throw new SyntaxError(`a count above ${MOST_REPEATS}, expected minLength and maxLength`);
  if (max < min) throw new SyntaxError('numbers out of order in a count');
  let text = '';
  for (let left = min; left > 0; left -= MOST_AT_ONCE) text += `${atom}{${Math.min(left, MOST_AT_ONCE)}}`;
  if (max === Number.POSITIVE_INFINITY) return `${text}${atom}*`;
  for (let left = max - min; left > 0; left -= MOST_AT_ONCE) text += `${atom}{0,${Math.min(left, MOST_AT_ONCE)}}`;
  return text === '' ? '(?:)' : text;
}
