/** `penstock run`: the gateway in the foreground. */
import { StartError } from '../supervisor/start-error.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { EXIT, readCommandLine, refuseUse, type Usage } from './command-line.ts';
import { TERMINAL } from './command-output.ts';
import { type DemoOrigin, forkDemoOrigin } from './demo.ts';
import { showDemo } from './show-demo.ts';
import { chooseSource, SOURCE_OPTIONS } from './source-options.ts';

const USAGE = {
  command: 'run',
  help: `Usage: penstock run [-c FILE] [--watch] [--demo]
       penstock run --git URL [--ref REF] [--path PATH] [--poll 30s]

Runs the gateway in the foreground.

  -c, --config FILE  a YAML or JSON file, or a directory of them
                     (penstock.yaml or config/penstock.yaml without it)
      --watch        read it again when a file of it changes
      --git URL      take the config from a Git repository: https, ssh, file, or an absolute path
      --ref REF      its branch or tag: main without it
      --path PATH    the config file, or a directory of them, in it: penstock.yaml without it
      --poll TIME    how often it is looked at: 30s without it
      --git-token-file FILE           a token for an https URL
      --git-webhook-secret-file FILE  take pushes at POST /source/push of the admin address, signed with this secret
      --state DIR    where its history is kept: .penstock/state beside the config, or in the working directory
      --demo         also start the built-in demo origin on 127.0.0.1:9001
  -h, --help         this text

Signals: SIGHUP reads the config again; SIGUSR2 replaces every acceptor without losing a request; SIGTERM and
SIGINT let exchanges end and then stop, a second one stops at once.

Exit code: 0 stopped as asked, 1 could not start, 2 wrong use.

Example:
  penstock run -c config/penstock.yaml --watch
`,
  options: { ...SOURCE_OPTIONS, demo: { type: 'boolean', default: false } },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name; resolves when the gateway has stopped. @returns the exit code */
export async function run(args: string[]): Promise<number> {
  const parsed = readCommandLine(USAGE, args, TERMINAL);
  if (typeof parsed === 'number') return parsed;
  const { values: options } = parsed;
  const chosen = chooseSource(options);
  if (typeof chosen === 'string') return refuseUse(USAGE, chosen, TERMINAL);
  surviveLostTerminal();
  let demo: DemoOrigin | null = null;
  try {
    if (options.demo) demo = await forkDemoOrigin();
    const starting = Supervisor.start(chosen.source, chosen.stateFolder);
    changeOnSignals(starting);
    const supervisor = await starting;
    const stopped = stopOnSignals(supervisor);
    announce(supervisor);
    if (demo !== null) await showDemo(supervisor.sockets[0]!.url);
    await stopped;
    return EXIT.OK;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message.trimEnd()}\n`);
    return EXIT.NO;
  } finally {
    await demo?.stop();
  }
}

function announce(supervisor: Supervisor): void {
  for (const { listener, url } of supervisor.sockets)
    process.stdout.write(`listening on ${url} (listener ${listener.name})\n`);
  if (supervisor.adminUrl !== null) process.stdout.write(`listening on ${supervisor.adminUrl} (admin)\n`);
  const { routes, globals } = supervisor.live;
  const { length: acceptors } = supervisor.fleet.acceptors;
  const counts = [
    count(routes, 'route'),
    `to ${count(globals.upstreams.length, 'upstream')}`,
    `with ${count(acceptors, 'acceptor')}`,
  ];
  process.stdout.write(`serving ${counts.join(' ')}\n`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Whoever read what is printed may go, as in `penstock run | head`; the gateway stays. */
function surviveLostTerminal(): void {
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

/** From the first moment on, so that a signal that comes early is carried out late rather than being deadly. */
function changeOnSignals(starting: Promise<Supervisor>): void {
  const whenStarted = (change: (supervisor: Supervisor) => unknown) => () => void starting.then(change, () => {});
  process.on(
    'SIGHUP',
    whenStarted((supervisor) => supervisor.reload({ kind: 'signal', who: null, why: null })),
  );
  process.on(
    'SIGUSR2',
    whenStarted((supervisor) => supervisor.roll()),
  );
}

/** Resolves when a signal has stopped the gateway and every process is gone. */
function stopOnSignals(supervisor: Supervisor): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => void supervisor.stop().then(resolve);
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
