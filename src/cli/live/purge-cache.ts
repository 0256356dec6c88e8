/** `penstock purge-cache`: has a running gateway forget stored responses. */
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { askGateway, runAsking } from './ask-gateway.ts';

const USAGE = {
  command: 'purge-cache',
  help: `Usage: penstock purge-cache (--path PATH | --prefix PATH | --key KEY) [--host HOST]
                            [-c FILE | --admin ADDRESS] [--token-file FILE]

Has every acceptor of a running gateway drop stored responses.

      --path PATH        of one path, with all its queries and variants
      --prefix PATH      of every path that begins so
      --key KEY          that carry this surrogate key
      --host HOST        only of this host
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 dropped, 1 not, 2 wrong use.

Example:
  penstock purge-cache --prefix /catalog/
`,
  options: {
    ...ADMIN_OPTIONS,
    path: { type: 'string' },
    prefix: { type: 'string' },
    key: { type: 'string' },
    host: { type: 'string' },
  },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export function purgeCache(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { values: { path, prefix, key, host } }) => {
    const question = { post: '/cache/purge', body: { path, prefix, key, host } };
    const { acceptors, dropped } = await askGateway<{ acceptors: number; dropped: number }>(client, question);
    output.out(`${dropped} stored responses dropped by ${acceptors} acceptors\n`);
    return EXIT.OK;
  });
}
