/** `penstock levers`: what operators have changed by hand. */
import type { PulledLever } from '../../supervisor/levers/pulled-lever.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, JSON_OPTION, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { askGateway, runAsking } from './ask-gateway.ts';
import { leversTable } from './levers-table.ts';

const USAGE = {
  command: 'levers',
  help: `Usage: penstock levers [--json] [-c FILE | --admin ADDRESS] [--token-file FILE]

Lists what was changed by hand in a running gateway, on top of its configuration: who did it, why, and when it ends.

      --json             the gateway's own JSON document in place of a table
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 listed, 1 not reached, 2 wrong use.

Example:
  penstock levers --admin 127.0.0.1:9901
`,
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export function levers(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { values }) => {
    const found = await askGateway<{ readonly levers: readonly PulledLever[] }>(client, { get: '/levers' });
    if (values.json) output.out(`${JSON.stringify(found, null, 2)}\n`);
    else output.out(found.levers.length === 0 ? 'no lever is pulled\n' : `${leversTable(found.levers)}\n`);
    return EXIT.OK;
  });
}
