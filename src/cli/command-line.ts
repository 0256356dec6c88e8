/** The one reader of options for all commands: what is wrong use, what prints help, and what a command then gets. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { CommandOutput } from './command-output.ts';

/** Exit codes, the same for every command. */
export const EXIT = { OK: 0, NO: 1, WRONG_USE: 2 } as const;

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command takes, and the text that explains it. */
export interface Usage<Taken extends Options = Options> {
  /** As typed behind `penstock`. */
  readonly command: string;
  /** Printed for `--help`, and behind what is wrong with a use: usage, options, exit codes and an example. */
  readonly help: string;
  readonly options: Taken;
  /** Names of the arguments that stand without an option, all required. */
  readonly positionals: readonly string[];
  /** Names of those behind them that may be left out. */
  readonly optional?: readonly string[];
  /** Whether the last of them may stand more than once; any number of arguments, when there are none of them. */
  readonly repeatsLast?: boolean;
}

/** The options that most commands share. */
export const CONFIG_OPTION = { config: { type: 'string', short: 'c' } } as const satisfies Options;
export const JSON_OPTION = { json: { type: 'boolean', default: false } } as const satisfies Options;
const HELP_OPTION = { help: { type: 'boolean', short: 'h', default: false } } as const satisfies Options;

type Parsed<Taken extends Options> = ReturnType<
  typeof parseArgs<{ options: Taken & typeof HELP_OPTION; allowPositionals: true; args: string[] }>
>;

/**
 * Reads the arguments behind a command's name.
 *
 * @returns options and arguments; or the exit code when there is nothing left to do, because help was asked for and printed,
 *   or the use was wrong and that was said
 */
export function readCommandLine<const Taken extends Options>(
  usage: Usage<Taken>,
  args: string[],
  output: CommandOutput,
): Parsed<Taken> | number {
  let parsed: Parsed<Taken>;
  try {
    parsed = parseArgs({ args, options: { ...usage.options, ...HELP_OPTION }, allowPositionals: true });
  } catch (error) {
    return refuseUse(usage, (error as Error).message, output);
  }
  if ((parsed.values as { help?: boolean }).help === true) {
    output.out(usage.help);
    return EXIT.OK;
  }
  const { positionals } = parsed as { positionals: string[] };
  const { positionals: wanted, optional = [], repeatsLast = false } = usage;
  const most = repeatsLast ? Number.POSITIVE_INFINITY : wanted.length + optional.length;
  if (positionals.length < wanted.length) return refuseUse(usage, `${wanted[positionals.length]} is missing`, output);
  if (positionals.length > most)
    return refuseUse(usage, `unexpected argument ${JSON.stringify(positionals[most])}`, output);
  return parsed;
}

/** Says what is wrong with the use of a command. @returns the exit code */
export function refuseUse(
  usage: Pick<Usage<Options>, 'command' | 'help'>,
  problem: string,
  output: CommandOutput,
): number {
  output.error(`penstock ${usage.command}: ${problem}\n\n${usage.help}`);
  return EXIT.WRONG_USE;
}
