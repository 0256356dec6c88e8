/** The command line: one file a command, loaded when it is asked for. */

import { EXIT } from './command-line.ts';

interface Command {
  readonly summary: string;
  /** @param args what follows the command's name; @returns the exit code */
  readonly load: () => Promise<(args: string[]) => Promise<number>>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  run: { summary: 'run the gateway in the foreground', load: async () => (await import('./run.ts')).run },
  validate: {
    summary: 'check a config file and report everything wrong with it',
    load: async () => (await import('./validate.ts')).validate,
  },
  explain: {
    summary: 'say what would become of a request, and why',
    load: async () => (await import('./explain.ts')).explain,
  },
  test: { summary: "run a config's own tests", load: async () => (await import('./test.ts')).test },
  diff: {
    summary: 'say what changes in meaning between two configs',
    load: async () => (await import('./diff.ts')).diff,
  },
  bench: {
    summary: 'measure a config under recorded traffic, and compare with its budgets',
    load: async () => (await import('../../bench/main.ts')).bench,
  },
  replay: {
    summary: 'say what a config would do with requests that were recorded',
    load: async () => (await import('./replay.ts')).replay,
  },
  'hash-password': {
    summary: 'print the hash of a password, for a consumer of the config',
    load: async () => (await import('./hash-password.ts')).hashPasswordCommand,
  },
  record: {
    summary: 'record the traffic of a running gateway, without its secrets',
    load: async () => (await import('./record.ts')).record,
  },
  'import-log': {
    summary: 'make a recording of the logs of other servers',
    load: async () => (await import('./import-log.ts')).importLog,
  },
  reload: {
    summary: 'have a running gateway read its configuration again',
    load: async () => (await import('./live/reload.ts')).reload,
  },
  history: {
    summary: "list what became of a running gateway's configurations",
    load: async () => (await import('./live/history.ts')).history,
  },
  rollback: {
    summary: 'have a running gateway serve an earlier configuration again',
    load: async () => (await import('./live/rollback.ts')).rollback,
  },
  levers: {
    summary: 'list what was changed by hand in a running gateway',
    load: async () => (await import('./live/levers.ts')).levers,
  },
  pull: {
    summary: 'change something by hand: a route off, a limit, an endpoint out, the log level',
    load: async () => (await import('./live/pull.ts')).pull,
  },
  release: { summary: 'undo what was changed by hand', load: async () => (await import('./live/release.ts')).release },
  'purge-cache': {
    summary: 'have a running gateway forget stored responses',
    load: async () => (await import('./live/purge-cache.ts')).purgeCache,
  },
  ops: {
    summary: 'make alert rules, dashboards and runbooks for a config',
    load: async () => (await import('./ops.ts')).ops,
  },
  status: { summary: 'show what a running gateway is doing', load: async () => (await import('./status.ts')).status },
};

/** Runs `penstock ARGS`. */
export async function runCommand(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(usage());
    return name === undefined ? EXIT.WRONG_USE : EXIT.OK;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`penstock: there is no command ${JSON.stringify(name)}.\n\n${usage()}`);
    return EXIT.WRONG_USE;
  }
  return (await load(name, command))(rest);
}

/** What a command needs may be missing: above all the native addon, when it was never built for this Node. */
async function load(name: string, command: Command): Promise<(args: string[]) => Promise<number>> {
  try {
    return await command.load();
  } catch (error) {
    process.stderr.write(`penstock ${name}: ${(error as Error).message}\n`);
    return async () => EXIT.NO;
  }
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`);
  return `Usage: penstock COMMAND [OPTIONS]

${lines.join('\n')}

penstock COMMAND --help explains a command. Example: penstock run -c config/penstock.yaml
`;
}
