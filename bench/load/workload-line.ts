import type { WorkloadLine } from './workload.ts';

/** A line of a workload, ready to be written to a socket. */
export interface LoadRequest {
  /** Milliseconds since the lap began. */
  readonly at: number;
  readonly label: string;
  /** Head, as latin1 text, or head and body. */
  readonly bytes: string | Buffer;
  readonly fillerBytes: number;
  readonly bodyless: boolean;
  readonly expect: number;
}

/** Parses the lines of one workload, lap after lap. */
export class LineParser {
  readonly #path: string;
  #number = 0;
  #lastAt = 0;

  constructor(path: string) {
    this.#path = path;
  }

  parse(text: string): LoadRequest {
    this.#number++;
    let line: WorkloadLine;
    try {
      line = JSON.parse(text) as WorkloadLine;
    } catch {
      throw this.error('is no JSON');
    }
    if (!isWorkloadLine(line)) throw this.error('is no request of a workload');
    if (line.at < this.#lastAt) throw this.error('is due before the line before it');
    this.#lastAt = line.at;
    const { at, label, fillerBytes, bodyless, expect } = line;
    return { at, label, bytes: renderedBytes(line), fillerBytes, bodyless, expect };
  }

  endLap(): void {
    if (this.#number === 0) throw this.error('is missing: the workload is empty');
    this.#number = 0;
    this.#lastAt = 0;
  }

  /** Of the line that was parsed last; of the first one before that. */
  error(what: string): Error {
    return new Error(`${this.#path}:${Math.max(1, this.#number)}: the line ${what}`);
  }
}

function renderedBytes({ head, body }: WorkloadLine): string | Buffer {
  if (body === null) return head;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body, 'base64')]);
}

function isWorkloadLine(line: WorkloadLine | null): line is WorkloadLine {
  return (
    typeof line === 'object' &&
    line !== null &&
    Number.isFinite(line.at) &&
    typeof line.label === 'string' &&
    typeof line.head === 'string' &&
    line.head.endsWith('\r\n\r\n') &&
    (line.body === null || typeof line.body === 'string') &&
    Number.isSafeInteger(line.fillerBytes) &&
    line.fillerBytes >= 0 &&
    typeof line.bodyless === 'boolean' &&
    Number.isSafeInteger(line.expect)
  );
}
