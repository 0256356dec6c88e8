/** `penstock release`: lets go of a lever. */

import { describeLever } from '../../supervisor/levers/describe-lever.ts';
import type { PulledLever } from '../../supervisor/levers/pulled-lever.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { askGateway, runAsking } from './ask-gateway.ts';

const USAGE = {
  command: 'release',
  help: `Usage: penstock release LEVER [-c FILE | --admin ADDRESS] [--token-file FILE]

Lets go of a lever that was pulled in a running gateway: its configuration is in force again.

  LEVER                  id of the lever, as penstock levers lists it
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 no acceptor goes by it any more, 1 there is none of this id, 2 wrong use.

Example:
  penstock release 3fa92c
`,
  options: ADMIN_OPTIONS,
  positionals: ['LEVER'],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export function release(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { positionals: [id] }) => {
    const released = await askGateway<PulledLever>(client, { delete: `/levers/${encodeURIComponent(id!)}` });
    output.out(`released: ${describeLever(released.lever)}\n`);
    return EXIT.OK;
  });
}
