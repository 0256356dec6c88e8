import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AcceptorSlot, Generation, Millis } from '../brand.ts';
import type { Purge } from '../decision/policies/cache/purge.ts';
import type { Identity } from '../identities.ts';
import {
  type AcceptorAssignment,
  ASSIGNMENT_VARIABLE,
  type FromAcceptor,
  type Lever,
  type RecordedBatch,
  type RecordingOrder,
  type ToAcceptor,
} from '../ipc.ts';
import { Heartbeat } from './heartbeat.ts';

const ENTRY = fileURLToPath(new URL('../main.js', import.meta.url));

/** What a fleet wants to hear of an acceptor. */
export interface AcceptorEvents {
  onServing(acceptor: AcceptorProcess): void;
  onAcknowledged(acceptor: AcceptorProcess, generation: Generation): void;
  /** A token names a key that is not in the set of this URL. */
  onUnknownKey(url: string, kid: string): void;
  onRecorded(acceptor: AcceptorProcess, batch: RecordedBatch): void;
  /** The process is gone: it drained, crashed, or was killed. `failure` is what it said before, if it said anything. */
  onExit(acceptor: AcceptorProcess, how: string, failure: string | null): void;
}

/** One forked acceptor, from the supervisor's side. */
export class AcceptorProcess {
  readonly lane: number;
  readonly slot: AcceptorSlot;
  readonly startedAt = performance.now();
  isServing = false;
  isDraining = false;
  readonly heartbeat = new Heartbeat();
  readonly #child: ChildProcess;
  #failure: string | null = null;
  #asked = 0;
  /** Who waits for the answer of which number. */
  readonly #waiting = new Map<number, (answer: number | null) => void>();

  /** @param fds shared memory first, then one listening socket a listener, as ipc.ts numbers them */
  constructor(lane: number, assignment: AcceptorAssignment, fds: readonly number[], events: AcceptorEvents) {
    this.lane = lane;
    this.slot = assignment.slot as AcceptorSlot;
    this.#child = fork(ENTRY, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...fds],
      env: { ...process.env, [ASSIGNMENT_VARIABLE]: JSON.stringify(assignment) },
    });
    this.#child.on('message', (message: FromAcceptor) => this.#hear(message, events));
    // A process that cannot be started at all has no 'exit'.
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) events.onExit(this, error.message, null);
    });
    this.#child.on('exit', (code, signal) => {
      for (const tell of this.#waiting.values()) tell(null);
      events.onExit(this, signal ?? `exit code ${code}`, this.#failure);
    });
  }

  /** Why it could not serve, in its own words; null when it never said. */
  get failure(): string | null {
    return this.#failure;
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  takeOver(generation: Generation): void {
    this.#tell({ kind: 'take-over', generation });
  }

  drain(quiet: Millis, limit: Millis): void {
    this.isDraining = true;
    this.#tell({ kind: 'drain', quiet, limit });
  }

  /** @param keys null: they cannot be had */
  giveKeySet(url: string, keys: readonly Readonly<Record<string, unknown>>[] | null): void {
    this.#tell({ kind: 'key-set', url, keys });
  }

  /** Resolves to how many responses were dropped, or to null when the process ended before it said so: its store is gone. */
  purgeCache(purge: Purge): Promise<number | null> {
    return this.#ask((number) => ({ kind: 'purge-cache', number, purge }));
  }

  /** Resolves when new connections are shown them, or the process has ended. */
  async giveIdentities(identities: readonly Identity[]): Promise<void> {
    await this.#ask((number) => ({ kind: 'identities', number, identities }));
  }

  /** Has it go on in a new file of the access log. Resolves when it writes to the old one no more, or is gone. */
  async reopenLog(): Promise<void> {
    await this.#ask((number) => ({ kind: 'reopen-log', number }));
  }

  /** Resolves when it goes by them, or is gone. */
  async applyLevers(levers: readonly Lever[]): Promise<void> {
    await this.#ask((number) => ({ kind: 'levers', number, levers }));
  }

  /** Resolves to what is answered, or to null when the process ends before it answers. */
  #ask(question: (number: number) => ToAcceptor): Promise<number | null> {
    if (!this.#child.connected) return Promise.resolve(null);
    const number = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(number, (answer) => {
        this.#waiting.delete(number);
        resolve(answer);
      });
      this.#tell(question(number));
    });
  }

  record(order: RecordingOrder): void {
    this.#tell({ kind: 'record', order });
  }

  /** @param within what exchanges under way have to end */
  stopRecording(recording: number, within: Millis): void {
    this.#tell({ kind: 'stop-recording', recording, within });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(message: FromAcceptor, events: AcceptorEvents): void {
    switch (message.kind) {
      case 'serving':
        this.isServing = true;
        events.onServing(this);
        return;
      case 'acknowledged':
        events.onAcknowledged(this, message.generation);
        return;
      case 'cache-purged':
        this.#waiting.get(message.number)?.(message.dropped);
        return;
      case 'log-reopened':
      case 'levers-applied':
      case 'identities-shown':
        this.#waiting.get(message.number)?.(0);
        return;
      case 'failed':
        this.#failure = message.reason;
        return;
      case 'unknown-key':
        events.onUnknownKey(message.url, message.kid);
        return;
      case 'recorded':
        events.onRecorded(this, message.batch);
        return;
      default:
        message satisfies never;
    }
  }

  /** An acceptor that dies while it is spoken to is noticed by its exit. */
  #tell(message: ToAcceptor): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}
