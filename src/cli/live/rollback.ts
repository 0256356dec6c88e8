/** `penstock rollback`: makes an earlier snapshot live again. */
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { askGateway, runAsking } from './ask-gateway.ts';
import { livePage, type TakenChange } from './taken-change.ts';

const USAGE = {
  command: 'rollback',
  help: `Usage: penstock rollback [ID] [--why TEXT] [-c FILE | --admin ADDRESS] [--token-file FILE]

Has a running gateway serve an earlier snapshot again: the one that was live before, or one that penstock history lists. What the
source says then differs from what runs, which status, metrics and history show as drift until the next reload.

  ID                     of a snapshot
      --why TEXT         for those who read the history later
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 it is live on every acceptor, 1 it is not, 2 wrong use.

Example:
  penstock rollback --why 'the new routes answer 502'
`,
  options: { ...ADMIN_OPTIONS, why: { type: 'string' } },
  positionals: [],
  optional: ['ID'],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export function rollback(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { values, positionals }) => {
    const body = { id: positionals[0], why: values.why };
    output.out(livePage(await askGateway<TakenChange>(client, { post: '/rollback', body })));
    return EXIT.OK;
  });
}
