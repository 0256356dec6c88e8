/** Entry of an acceptor process; `src/main.ts` comes here when the supervisor has put an assignment into the environment. */
import { loadUws, MAX_HEADER_BYTES } from '../../native-bindings/uws-loader.ts';
import type { AcceptorSlot, Generation, Millis } from '../brand.ts';
import type { AcceptorAssignment, FromAcceptor, ToAcceptor } from '../ipc.ts';
import { ConfigImage } from '../shared-memory/config-image.ts';
import { type ControlWords, halfOf } from '../shared-memory/control-words.ts';
import { SHARED_MEMORY_FD } from '../shared-memory/layout.ts';
import { openSharedMemory, type SharedMemory } from '../shared-memory/shared-memory.ts';
import { gatewayLog } from '../telemetry/gateway-log.ts';
import { Acceptor } from './acceptor.ts';

/** Above the listeners' own limit, so that the first request beyond it still gets the gateway's 431 rather than uWS's. */
const HEAD_SLACK_BYTES = 16 * 1024;

/** How long an acceptor goes on when its supervisor is gone, unless another one takes its place: see `supervisor/orphans.ts`. */
const ORPHAN_SERVES_MS = 15_000;
/** How long exchanges may go on after that, or when somebody sends SIGTERM to the acceptor itself. */
const ORPHAN_DRAIN = { quiet: 1000 as Millis, limit: 30_000 as Millis };

/** Serves until told to drain. A reason why it cannot even begin goes to the supervisor, which prints it. */
export function runAcceptor(assignment: AcceptorAssignment): void {
  // A terminal that has gone is no reason to stop serving. (Standard output belongs to the access log alone.)
  process.stderr.on('error', () => {});
  gatewayLog.setRole('acceptor');
  try {
    const memory = openSharedMemory(SHARED_MEMORY_FD, assignment.slot as AcceptorSlot);
    const uws = loadUws({ maxHeaderBytes: Math.min(largestHead(memory) + HEAD_SLACK_BYTES, MAX_HEADER_BYTES) });
    const acceptor = new Acceptor(uws, memory, assignment);
    listen(acceptor);
    begin(acceptor, memory.control).then(() => serve(acceptor, assignment), giveUp);
  } catch (error) {
    giveUp(error);
  }
}

async function begin(acceptor: Acceptor, control: ControlWords): Promise<void> {
  while (acceptor.takeOver(control.generation()) === null) await acceptor.identitiesHeard();
  await acceptor.keysHeard();
}

function serve(acceptor: Acceptor, assignment: AcceptorAssignment): void {
  try {
    if (!acceptor.isDraining) acceptor.serve(assignment.listeners);
    tell({ kind: 'serving' });
  } catch (error) {
    giveUp(error);
  }
}

function giveUp(error: unknown): void {
  tell({ kind: 'failed', reason: reasonOf(error) }, () => process.exit(1));
}

/** An error that was thrown for the operator is a plain one with a sentence; of any other, the place it comes from matters. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.constructor === Error ? error.message : (error.stack ?? error.message);
}

function largestHead(memory: SharedMemory): number {
  const image = new ConfigImage(memory.configHalf(halfOf(memory.control.generation())));
  return Math.max(...image.globals().listeners.map(({ limits }) => limits.headerBytes));
}

function listen(acceptor: Acceptor): void {
  process.on('message', (message: ToAcceptor) => {
    switch (message.kind) {
      case 'take-over':
        acknowledge(acceptor.takeOver(message.generation));
        return;
      case 'identities':
        // Upstreams are made anew for them, and listeners' apps.
        acknowledge(acceptor.useIdentities(message.identities));
        tell({ kind: 'identities-shown', number: message.number });
        return;
      case 'drain':
        gatewayLog.debug(`acceptor ${process.pid} drains`, { limitMs: message.limit });
        acceptor.drain(message.quiet, message.limit);
        return;
      case 'key-set':
        acceptor.keySets.receive(message.url, message.keys);
        return;
      case 'levers':
        acceptor.applyLevers(message.levers);
        tell({ kind: 'levers-applied', number: message.number });
        return;
      case 'purge-cache':
        tell({ kind: 'cache-purged', number: message.number, dropped: acceptor.purgeCache(message.purge) });
        return;
      case 'reopen-log':
        void acceptor.telemetry.reopenLog().then(() => tell({ kind: 'log-reopened', number: message.number }));
        return;
      case 'record':
        acceptor.recorders.start(message.order, (batch, sent) => tell({ kind: 'recorded', batch }, sent));
        return;
      case 'stop-recording':
        acceptor.recorders.stop(message.recording, message.within);
        return;
      default:
        message satisfies never;
    }
  });
  acceptor.keySets.onUnknownKey = (url, kid) => tell({ kind: 'unknown-key', url, kid });
  const leave = () => acceptor.drain(ORPHAN_DRAIN.quiet, ORPHAN_DRAIN.limit);
  process.on('disconnect', () => setTimeout(leave, ORPHAN_SERVES_MS));
  // The supervisor may have gone before anybody listened for it.
  if (!process.connected) leave();
  process.on('SIGTERM', leave);
  // A terminal sends these to the whole group; what to do about them is the supervisor's decision.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {});
}

function acknowledge(generation: Generation | null): void {
  if (generation === null) return;
  gatewayLog.debug(`acceptor ${process.pid} goes by generation ${generation}`, { generation });
  tell({ kind: 'acknowledged', generation });
}

function tell(message: FromAcceptor, then?: () => void): void {
  if (process.send !== undefined && process.connected) process.send(message, () => then?.());
  else then?.();
}
