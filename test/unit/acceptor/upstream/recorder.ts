import type { ResponseHandler, ResponseHead } from '../../../../src/acceptor/upstream/upstream.ts';
import type { ErrorCode } from '../../../../src/errors/table.ts';

/** A handler that keeps what it was told, and can be awaited. */
export class Recorder implements ResponseHandler {
  status = 0;
  reason = '';
  contentLength = -1;
  arrivedWhole = false;
  headers = '';
  body = '';
  heads = 0;
  ended = false;
  failure: ErrorCode | null = null;
  drains = 0;
  /** Called after every event; may be replaced by a test. */
  onEvent: (name: 'head' | 'body' | 'end' | 'failure' | 'drain') => void = () => {};
  readonly settled: Promise<void>;
  #settle: () => void = () => {};

  constructor() {
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  onResponseHead(head: ResponseHead): void {
    this.heads++;
    this.status = head.status;
    this.reason = head.reason;
    this.contentLength = head.contentLength;
    this.arrivedWhole = head.arrivedWhole;
    const target = Buffer.alloc(64 * 1024);
    const copied = target.toString('latin1', 0, head.copyStatusAndHeaders(target, 0));
    this.headers = copied.slice(copied.indexOf('\r\n') + 2);
    this.onEvent('head');
  }

  onResponseBody(chunk: Buffer): void {
    this.body += chunk.toString('latin1');
    this.onEvent('body');
  }

  onResponseEnd(): void {
    this.ended = true;
    this.onEvent('end');
    this.#settle();
  }

  onUpstreamFailure(code: ErrorCode): void {
    this.failure = code;
    this.onEvent('failure');
    this.#settle();
  }

  onUpstreamDrain(): void {
    this.drains++;
    this.onEvent('drain');
  }

  /** What matters of the outcome, for comparisons. */
  get summary(): object {
    const { status, reason, contentLength, headers, body, ended, failure } = this;
    return { status, reason, contentLength, headers, body, ended, failure };
  }
}
