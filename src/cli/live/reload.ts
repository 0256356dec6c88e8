/** `penstock reload`: has a running gateway read its configuration again, on trial first where that is wanted. */
import { setTimeout as delay } from 'node:timers/promises';
import type { TrialStatus } from '../../supervisor/canary/trials.ts';
import type { AdminClient } from '../admin-client.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP } from '../admin-options.ts';
import { EXIT, type Usage } from '../command-line.ts';
import { type CommandOutput, TERMINAL } from '../command-output.ts';
import { askGateway, runAsking } from './ask-gateway.ts';
import { progressLine, verdictPage } from './canary-page.ts';
import { type CanaryWish, canaryWish } from './canary-wish.ts';
import { livePage, type TakenChange } from './taken-change.ts';

const LOOK_EVERY_MS = 500;

const USAGE = {
  command: 'reload',
  help: `Usage: penstock reload [--canary K|P% [OPTIONS]] [--why TEXT] [-c FILE | --admin ADDRESS] [--token-file FILE]

Has a running gateway read its configuration again and publish it. One that is not valid changes nothing. With --canary it goes to some
of the acceptors first, is compared with what the others do, route by route, and is promoted or given up by itself. The command waits
for that and prints the evidence; when it is interrupted, the canary goes on.

      --canary K|P%      on K acceptors, or on this share of them
      --for TIME         how long it is watched (60s)
      --abort-on RULES   what ends it before its time (errors>1%,p99>1.5x); also errors>2x, p50>5ms, p90>1.2x
      --min-requests N   with fewer, nothing can be said of it and it is given up (100)
      --no-wait          returns as soon as it has been taken up
      --why TEXT         for those who read the history later
${ADMIN_OPTIONS_HELP}
  -h, --help             this text

Exit code: 0 it is live on every acceptor, 1 it is not, 2 wrong use.

Example:
  penstock reload --canary 1 --for 60s --abort-on 'errors>1%,p99>1.5x' --why 'two more origins'
`,
  options: {
    ...ADMIN_OPTIONS,
    why: { type: 'string' },
    canary: { type: 'string' },
    for: { type: 'string' },
    'abort-on': { type: 'string' },
    'min-requests': { type: 'string' },
    'no-wait': { type: 'boolean', default: false },
  },
  positionals: [],
} as const satisfies Usage;

/** Runs the command with the arguments behind its name. @returns the exit code */
export function reload(
  args: string[],
  output: CommandOutput = TERMINAL,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return runAsking(USAGE, { args, output, environment }, async (client, { values }) => {
    const { why } = values;
    const canary = canaryWish(values);
    if (canary !== undefined) return tryOut(client, { why, canary }, values['no-wait'], output);
    output.out(livePage(await askGateway<TakenChange>(client, { post: '/reload', body: { why } })));
    return EXIT.OK;
  });
}

interface Wish {
  readonly why: string | undefined;
  readonly canary: CanaryWish;
}

async function tryOut(client: AdminClient, body: Wish, isLeft: boolean, output: CommandOutput): Promise<number> {
  const begun = await askGateway<TrialStatus>(client, { post: '/reload', body });
  if (isLeft) {
    output.out(`taken up as canary ${begun.trial}; penstock history tells what becomes of it\n`);
    return EXIT.OK;
  }
  const ended = await watch(client, begun.trial, output);
  output.out(verdictPage(ended));
  return ended.state === 'promoted' ? EXIT.OK : EXIT.NO;
}

/** Shows how it is until it has ended. @throws Error when another one has begun meanwhile */
async function watch(client: AdminClient, trial: number, output: CommandOutput): Promise<TrialStatus> {
  let isShown = false;
  for (;;) {
    const status = await askGateway<TrialStatus>(client, { get: '/canary' });
    const isOver = status.state !== 'preparing' && status.state !== 'watching';
    if (status.trial !== trial || isOver) {
      if (isShown && output.terminal) output.out('\r\x1b[K');
      if (status.trial === trial) return status;
      throw new Error('another canary has begun; penstock history tells how this one ended');
    }
    if (status.evidence !== null && (output.terminal || !isShown)) {
      const line = progressLine(status.evidence, Date.now());
      output.out(output.terminal ? `\r\x1b[K${line}` : `${line}\n`);
      isShown = true;
    }
    await delay(LOOK_EVERY_MS);
  }
}
