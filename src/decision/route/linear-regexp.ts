import { setFlagsFromString } from 'node:v8';

/**
 * Longest expression. The engine's time is linear in the path, but each character of it costs as much as the expression is
 * long: at this length the dearest ones known take some 30 ms for a path of 7,000 characters, at 8,000 they took seconds.
 */
const MOST_CHARACTERS = 512;

let isEngineOn = false;

/**
 * Compiles a regular expression of a config so that matching takes time linear in the path, whatever the expression:
 * V8's non-backtracking engine, asked for with the flag `l`, which refuses what it cannot run.
 *
 * Throws a SyntaxError for text that is no regular expression, and for what has no linear form: backreferences,
 * lookaround, and counted repetitions beyond 16 (`{32}`; nested counts multiply), which the engine would have to unroll.
 */
export function compileLinearRegExp(source: string): RegExp {
  if (!isEngineOn) {
    setFlagsFromString('--enable-experimental-regexp-engine');
    isEngineOn = true;
  }
  if (source.length > MOST_CHARACTERS)
    throw new SyntaxError(`longer than ${MOST_CHARACTERS} characters, expected a shorter regular expression`);
  return new RegExp(source, 'l');
}
