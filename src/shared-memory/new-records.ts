/** The records of a config image while it is made: those that are new, and those of an earlier one that have not changed. */
import { Packr } from 'msgpackr';
import type { Millis, SeriesId, UpstreamId } from '../brand.ts';
import type { CompiledPolicy, StoredRoute } from '../config/compiled.ts';

export interface RecordBytes {
  /** Where each record begins among the bytes, and where the last one ends. */
  readonly index: Int32Array;
  readonly records: Uint8Array;
}

/** Bytes that a route takes, more or less. */
const LIKELY_BYTES = 96;

export class NewRecords {
  /** Key sets by number, as the records name them. */
  readonly #structures: string[][] = [];
  readonly #routes = new Packr({ structures: this.#structures });
  // Options are of many shapes: as structures they would crowd out those of the routes.
  readonly #policies = new Packr({ useRecords: false });
  readonly #known: number;
  readonly #index: Int32Array;
  #bytes: Uint8Array;
  #count = 0;
  #used = 0;
  /** What is still to be copied, so that neighbours are copied at once. */
  #from: RecordBytes | null = null;
  #copyBegin = 0;
  #copyEnd = 0;

  constructor(count: number) {
    this.#routes.pack(EVERY_SHAPE);
    this.#known = this.#structures.length;
    this.#index = new Int32Array(count + 1);
    this.#bytes = new Uint8Array(count * LIKELY_BYTES);
  }

  get structures(): readonly (readonly string[])[] {
    return this.#structures.map((keys) => Array.from(keys));
  }

  /** Whether the numbers of the structures are those of every other image. */
  get arePortable(): boolean {
    return this.#structures.length === this.#known;
  }

  addRoute(route: StoredRoute): void {
    this.#add(this.#routes.pack(route));
  }

  addPolicy(policy: CompiledPolicy): void {
    this.#add(this.#policies.pack(policy));
  }

  /** Adds a record of an image whose records are portable. */
  copy(from: RecordBytes, record: number): void {
    const begin = from.index[record]!;
    const end = from.index[record + 1]!;
    if (this.#from !== from || this.#copyEnd !== begin) {
      this.#flush();
      this.#from = from;
      this.#copyBegin = begin;
    }
    this.#copyEnd = end;
    this.#index[this.#count + 1] = this.#index[this.#count]! + (end - begin);
    this.#count++;
  }

  finish(): RecordBytes {
    this.#flush();
    return { index: this.#index, records: this.#bytes.subarray(0, this.#used) };
  }

  #add(record: Uint8Array): void {
    this.#flush();
    this.#append(record);
    this.#index[++this.#count] = this.#used;
  }

  #flush(): void {
    if (this.#from === null) return;
    this.#append(this.#from.records.subarray(this.#copyBegin, this.#copyEnd));
    this.#from = null;
  }

  #append(bytes: Uint8Array): void {
    const end = this.#used + bytes.byteLength;
    if (end > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.byteLength));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#used);
    this.#used = end;
  }
}

/** Written first and kept out, so that every image numbers the shapes of routes alike. */
const EVERY_SHAPE: StoredRoute = {
  name: '',
  series: 0 as SeriesId,
  path: '',
  policies: null,
  forward: {
    upstream: 0 as UpstreamId,
    split: {
      choices: [{ upstream: 0 as UpstreamId, name: '', weight: 0, token: '' }],
      sticky: { by: 'cookie', name: '' },
    },
    failover: 0 as UpstreamId,
    stripPrefix: null,
    host: '',
    timeout: 0 as Millis,
    headTimeout: 0 as Millis,
    idleTimeout: 0 as Millis,
    retries: 0,
    retryNonIdempotent: false,
    retry: {
      connect: true,
      reset: true,
      timeout: true,
      statuses: [],
      budget: 0,
      backoff: { base: 0 as Millis, max: 0 as Millis },
    },
  },
};
