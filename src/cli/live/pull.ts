/** `penstock pull`: changes something by hand in a running gateway, for a while. */
import type { PulledLever } from '../../supervisor/levers/pulled-lever.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { askGateway, runAsking, WrongUse } from './ask-gateway.ts';
import { leversTable } from './levers-table.ts';

const USAGE = {
  command: 'pull',
  help: `Usage: penstock pull LEVER [ARGUMENTS] --why TEXT [--for TIME] [-c FILE | --admin ADDRESS] [--token-file FILE]

Pulls a lever of a running gateway: a change on top of its configuration, live on every acceptor at once, for an emergency. It holds over
reloads and restarts until its time is over or penstock release lets go of it, and is shown as drift.

  kill-route ROUTE                every request of the route is answered 503 route_disabled
  limit ROUTE RATE                every limit of the route is this one, such as 100/s or 5000/min
  endpoint-out UPSTREAM ENDPOINT  nothing new is sent to the endpoint, such as http://10.0.0.7:8080
  log-level LEVEL                 error, warn, info or debug

      --why TEXT         required: for everybody who wonders later
      --for TIME         how long, such as 10m (until it is released without it)
      --burst N          of limit: how many requests may come at once
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 in force on every acceptor, 1 not, 2 wrong use.

Example:
  penstock pull kill-route checkout --why 'charges twice, INC-1234' --for 30m
`,
  options: {
    ...ADMIN_OPTIONS,
    why: { type: 'string' },
    for: { type: 'string' },
    burst: { type: 'string' },
  },
  positionals: ['LEVER'],
  optional: ['ARGUMENT', 'ARGUMENT'],
} as const satisfies Usage;

/** By kind, the members of the request that its arguments are. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'kill-route': ['route'],
  limit: ['route', 'rate'],
  'endpoint-out': ['upstream', 'endpoint'],
  'log-level': ['level'],
};

/** Runs the command with the arguments behind its name. @returns the exit code */
export function pull(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { values, positionals }) => {
    const { why, for: time, burst } = values;
    if (why === undefined) throw new WrongUse('--why is missing');
    const body = { ...leverOf(positionals), ...burstOf(burst), why, for: time };
    const pulled = await askGateway<PulledLever>(client, { post: '/levers', body });
    output.out(`${leversTable([pulled])}\n`);
    return EXIT.OK;
  });
}

/** The kind and its own members. @throws WrongUse */
function leverOf([kind = '', ...given]: readonly string[]): Record<string, string> {
  const names = Object.hasOwn(ARGUMENTS, kind) ? ARGUMENTS[kind]! : null;
  if (names === null)
    throw new WrongUse(`there is no lever ${kind}, expected one of ${Object.keys(ARGUMENTS).join(', ')}`);
  if (given.length !== names.length)
    throw new WrongUse(`${kind} takes ${names.map((name) => name.toUpperCase()).join(' ')}`);
  return Object.fromEntries([['kind', kind], ...names.map((name, index) => [name, given[index]])]);
}

function burstOf(text: string | undefined): { burst?: number } {
  if (text === undefined) return {};
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new WrongUse(`--burst ${text} is not a number of requests`);
  return { burst: Number(text) };
}
