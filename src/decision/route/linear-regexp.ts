import { setFlagsFromString } from 'node:v8';

let isEngineOn = false;

/**
 * Compiles a regular expression of a config so that matching takes time linear in the path, whatever the expression:
 * V8's non-backtracking engine, asked for with the flag `l`, which refuses what it cannot run.
 *
 * Throws a SyntaxError for text that is no regular expression, and for what has no linear form: backreferences, lookaround, and
 * counted repetitions beyond 16 (`{32}`; nested counts multiply), which the engine would have to unroll.
 */
export function compileLinearRegExp(source: string): RegExp {
  if (!isEngineOn) {
    setFlagsFromString('--enable-experimental-regexp-engine');
    isEngineOn = true;
  }
  return new RegExp(source, 'l');
}
