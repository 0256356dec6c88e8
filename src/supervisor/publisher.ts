import type { Bytes, Generation, SeriesId } from '../brand.ts';
import type { EndpointRowsState } from '../config/endpoint-rows.ts';
import type { SeriesName, SeriesState } from '../config/series.ts';
import type { CompilePool } from '../offload/compile-pool.ts';
import type { CompileReply, CompileSuccess } from '../offload/protocol.ts';
import { halfOf, isAcknowledged } from '../shared-memory/control-words.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';

/** What a publish needs to know of the acceptors: one of them has acknowledged a generation, or is gone. */
export interface AcknowledgementSource {
  /** Resolves at the next thing that happens to an acceptor. */
  changed(): Promise<void>;
}

/** Which number every name has in the metrics and in the table of endpoints. Numbers are given out and never taken back. */
export type Numbering = Pick<CompileSuccess, 'series' | 'endpointRows'>;

/**
 * Puts compiled configs into the shared memory, each as a new generation in the half that nobody reads. Only the
 * supervisor has one, and its methods are called one after the other.
 *
 *            stage                    promote
 *   idle ───────────────► staged ───────────────► live, and the other half idle once it is settled
 *     ▲                     │
 *     └───── settled ◄──────┘ discard
 */
export class Publisher {
  readonly #memory: SharedMemory;
  #series: SeriesState;
  #endpointRows: EndpointRowsState;
  /** Given out last. One that was discarded is not used again: an acceptor might take the new one for it. */
  #last: Generation;
  #staged: Generation | null = null;

  constructor(memory: SharedMemory, { series, endpointRows }: Numbering) {
    this.#memory = memory;
    this.#series = series;
    this.#endpointRows = endpointRows;
    this.#last = memory.control.generation();
  }

  get generation(): Generation {
    return this.#memory.control.generation();
  }

  /** What only some acceptors serve, or are about to; null: nothing. */
  get staged(): Generation | null {
    return this.#staged;
  }

  get numbering(): Numbering {
    return { series: this.#series, endpointRows: this.#endpointRows };
  }

  nameOf(series: SeriesId): SeriesName | null {
    return this.#series.names[series] ?? null;
  }

  /** Compiles a config for the memory in use. Changes nothing. */
  compile(pool: CompilePool, path: string): Promise<CompileReply> {
    const roomBytes = this.#memory.configHalf(0).byteLength as Bytes;
    return pool.compile({ path, environment: { ...process.env }, ...this.numbering, roomBytes });
  }

  /** From now on new names get numbers behind these. */
  continueFrom({ series, endpointRows }: Numbering): void {
    this.#series = series;
    this.#endpointRows = endpointRows;
  }

  /** Puts a config image into the idle half (see `settled`) without making it the newest generation. */
  stage(image: ArrayBuffer): Generation {
    let generation = (this.#last + 1) as Generation;
    if (halfOf(generation) === halfOf(this.generation)) generation = (generation + 1) as Generation;
    this.#memory.configHalf(halfOf(generation)).set(new Uint8Array(image));
    this.#last = generation;
    this.#staged = generation;
    this.#memory.control.setCanary(generation);
    return generation;
  }

  /** Makes what is staged the newest generation. */
  promote(): Generation {
    const generation = this.#staged;
    if (generation === null) throw new Error('Nothing is staged.');
    this.#staged = null;
    this.#memory.control.setGeneration(generation);
    this.#memory.control.setCanary(0);
    return generation;
  }

  /** Gives up what is staged. Acceptors that serve it must be told to take over the newest generation again. */
  discard(): void {
    this.#staged = null;
    this.#memory.control.setCanary(0);
  }

  /** Makes a config image the newest generation. The half it goes to must be idle: see `settled`. */
  publish(image: ArrayBuffer): Generation {
    this.stage(image);
    return this.promote();
  }

  /** Resolves when every live acceptor serves the newest generation, so that the other half may be refilled. */
  async settled(acceptors: AcknowledgementSource): Promise<void> {
    while (!isAcknowledged(this.#memory.control.words, this.generation)) {
      await acceptors.changed();
    }
  }
}
