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

/**
 * Puts compiled configs into the shared memory, each as a new generation in the half that nobody reads. Only the
 * supervisor has one, and its methods are called one after the other.
 */
export class Publisher {
  readonly #memory: SharedMemory;
  #series: SeriesState;
  #endpointRows: EndpointRowsState;

  constructor(memory: SharedMemory, { series, endpointRows }: Pick<CompileSuccess, 'series' | 'endpointRows'>) {
    this.#memory = memory;
    this.#series = series;
    this.#endpointRows = endpointRows;
  }

  get generation(): Generation {
    return this.#memory.control.generation();
  }

  nameOf(series: SeriesId): SeriesName | null {
    return this.#series.names[series] ?? null;
  }

  /** Compiles a config for the memory in use. Changes nothing. */
  compile(pool: CompilePool, path: string): Promise<CompileReply> {
    const roomBytes = this.#memory.configHalf(0).byteLength as Bytes;
    const names = { series: this.#series, endpointRows: this.#endpointRows };
    return pool.compile({ path, environment: { ...process.env }, ...names, roomBytes });
  }

  /** Makes a compiled config the newest generation. The half it goes to must be idle: see `settled`. */
  publish(compiled: CompileSuccess): Generation {
    const generation = (this.generation + 1) as Generation;
    this.#memory.configHalf(halfOf(generation)).set(new Uint8Array(compiled.image));
    this.#series = compiled.series;
    this.#endpointRows = compiled.endpointRows;
    this.#memory.control.setGeneration(generation);
    return generation;
  }

  /** Resolves when every live acceptor serves the newest generation, so that the other half may be refilled. */
  async settled(acceptors: AcknowledgementSource): Promise<void> {
    while (!isAcknowledged(this.#memory.control.words, this.generation)) {
      await acceptors.changed();
    }
  }
}
