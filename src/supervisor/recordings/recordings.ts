import type { RecordedBatch } from '../../ipc.ts';
import type { RecordingRequest } from './recording-request.ts';
import { type RecordedAcceptor, RecordingSession } from './recording-session.ts';

/** The recording that is being taken, if there is one: never two, so that recording costs what it costs once. */
export class Recordings {
  readonly #source: string;
  readonly #acceptors: () => readonly RecordedAcceptor[];
  readonly #report: (message: string) => void;
  #current: RecordingSession | null = null;
  #count = 0;

  /**
   * @param acceptors those that run now
   * @param report tells the operator that there is a recording, and how it ended
   */
  constructor(source: string, acceptors: () => readonly RecordedAcceptor[], report: (message: string) => void) {
    this.#source = source;
    this.#acceptors = acceptors;
    this.#report = report;
  }

  /** Begins one; null: there is one already. */
  start(request: RecordingRequest): RecordingSession | null {
    if (this.#current !== null) return null;
    const recording = new RecordingSession({
      number: ++this.#count,
      request,
      source: this.#source,
      onOver: ({ exchanges, dropped }, isWhole) => {
        this.#current = null;
        const how = isWhole ? 'has ended' : 'was left by its reader';
        this.#report(`recording ${recording.number} ${how}: ${exchanges} exchanges, ${dropped} dropped`);
      },
    });
    this.#current = recording;
    this.#report(`recording ${recording.number} has begun: ${describe(request)}`);
    for (const acceptor of this.#acceptors()) recording.join(acceptor);
    return recording;
  }

  /** Ends the recording of this number, whole. False: it is not the one that is being taken. */
  stop(number: number): boolean {
    if (this.#current?.number !== number) return false;
    this.#current.stop();
    return true;
  }

  /** The gateway is leaving. */
  stopAll(): void {
    this.#current?.stop();
  }

  join(acceptor: RecordedAcceptor): void {
    this.#current?.join(acceptor);
  }

  leave(acceptor: RecordedAcceptor): void {
    this.#current?.leave(acceptor);
  }

  hear(acceptor: RecordedAcceptor, batch: RecordedBatch): void {
    if (batch.recording === this.#current?.number) this.#current.hear(acceptor, batch);
  }
}

function describe({ share, bodies, seconds, exchanges }: RecordingRequest): string {
  const parts = [share === 1 ? 'every exchange' : `${share * 100}% of the exchanges`];
  if (bodies > 0) parts.push(`with bodies of up to ${bodies} bytes`);
  if (seconds !== null) parts.push(`for ${seconds} s`);
  if (exchanges !== null) parts.push(`${exchanges} at most`);
  return parts.join(', ');
}
