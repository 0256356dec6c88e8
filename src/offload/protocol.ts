/** What goes to the offload threads and comes back: plain data that a structured clone keeps whole. */
import type { Bytes } from '../brand.ts';
import type { CompiledGlobals } from '../config/compiled.ts';
import type { Diagnostic } from '../config/diagnostics.ts';
import type { EndpointRowsState } from '../config/endpoint-rows.ts';
import type { ConfigInput } from '../config/inputs.ts';
import type { Environment } from '../config/references.ts';
import type { Config } from '../config/schema/schema.ts';
import type { SeriesState } from '../config/series.ts';
import type { ConfigText } from '../config/source/read-source.ts';

export interface CompileRequest {
  /** A config file, or a directory of them. */
  readonly path: string;
  /** What `${env:NAME}` refers to. */
  readonly environment: Environment;
  /** The series given out so far; null before the first config, whose own `runtime.memory.series` then says how many. */
  readonly series: SeriesState | null;
  /** The rows of endpoints given out so far; null as for `series`. */
  readonly endpointRows: EndpointRowsState | null;
  /** Room in the memory that is in use; null before there is one: the config's own `runtime.memory.config`. */
  readonly roomBytes: Bytes | null;
  /** Also look for what is legal and most likely not meant. */
  readonly lint?: boolean;
}

export type CompileReply = CompileSuccess | CompileFailure;

export interface CompileFailure {
  readonly ok: false;
  readonly diagnostics: readonly Diagnostic[];
  /** Every config file that was read. */
  readonly files: readonly string[];
  readonly inputs: readonly ConfigInput[];
}

export interface CompileSuccess {
  readonly ok: true;
  /** A config image (`shared-memory/config-image.ts`), transferred rather than copied. */
  readonly image: ArrayBuffer;
  readonly globals: CompiledGlobals;
  /** What the supervisor itself goes by. */
  readonly settings: Pick<Config, 'admin' | 'runtime'>;
  readonly series: SeriesState;
  readonly endpointRows: EndpointRowsState;
  readonly routes: number;
  /** Warnings alone. */
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly string[];
  readonly inputs: readonly ConfigInput[];
  /** What stood in them, for the history. */
  readonly texts: readonly ConfigText[];
  /** Milliseconds spent: `load` reads, parses and checks; `compile` makes records and table; `encode` makes the image. */
  readonly timings: { readonly loadMs: number; readonly compileMs: number; readonly encodeMs: number };
}
