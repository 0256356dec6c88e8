/** `penstock reload`: has a running gateway read its configuration again, on trial first where that is wanted. */
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { askGateway, runAsking } from './ask-gateway.ts';
import { livePage, type TakenChange } from './taken-change.ts';

const USAGE = {
  command: 'reload',
  help: `Usage: penstock reload [--why TEXT] [-c FILE | --admin ADDRESS] [--token-file FILE]

Has a running gateway read its configuration again and publish it. One that is not valid changes nothing.

      --why TEXT         for those who read the history later
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 it is live on every acceptor, 1 it is not, 2 wrong use.

Example:
  penstock reload --why 'two more origins'
`,
  options: { ...ADMIN_OPTIONS, why: { type: 'string' } },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export function reload(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { values }) => {
    const change = await askGateway<TakenChange>(client, { post: '/reload', body: { why: values.why } });
    output.out(livePage(change));
    return EXIT.OK;
  });
}
