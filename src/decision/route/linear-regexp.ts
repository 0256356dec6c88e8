/**
 * Regular expressions that cannot hang the loop: V8's linear-time engine, which refuses what it cannot run in time
 * proportional to the input (back-references, look-around, large counted repetitions).
 *
 * V8 knows the flag `l` only after a switch that is read when an expression is compiled; this file sets it before the
 * first one, and is the only place that compiles an expression from a config.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--enable-experimental-regexp-engine');

/**
 * Compiles an expression of a config, to be matched anywhere in the text unless it is anchored.
 *
 * @throws SyntaxError when the text is no regular expression, or none that runs in linear time
 */
export function compileLinearRegExp(source: string): RegExp {
  return new RegExp(source, 'l');
}
