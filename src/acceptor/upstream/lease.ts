import type { ErrorCode } from '../../errors/table.ts';
import type { EndpointGuard } from './endpoint-guard.ts';

/** Failures that are the endpoint's doing. */
const ENDPOINTS_FAULT: ReadonlySet<ErrorCode> = new Set([
  'upstream_connect_failed',
  'upstream_connect_timeout',
  'upstream_tls_failed',
  'upstream_closed',
  'upstream_response_malformed',
  'upstream_truncated',
  'upstream_head_timeout',
  'upstream_idle_timeout',
]);

/**
 * One attempt at an endpoint of an upstream whose state is shared, from the choice to the end. It travels with whoever waits for a
 * connection, then with the connection, and is told how the attempt went:
 *
 *   onHead(status) ─► end()      a response
 *   fail(code)                   none, or not all of it
 *   end()                        given up, by nobody's fault
 */
export class Lease {
  readonly #guard: EndpointGuard;
  readonly #endpoint: number;
  /** The half-open round this is a probe of; 0: it is no probe. */
  readonly #round: number;
  #isOpen = true;
  #isJudged = false;

  constructor(guard: EndpointGuard, endpoint: number, round: number) {
    this.#guard = guard;
    this.#endpoint = endpoint;
    this.#round = round;
  }

  onHead(status: number): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    this.#guard.onStatus(this.#endpoint, this.#round, status);
  }

  /** @param code what went wrong; what is not the endpoint's doing says nothing about it */
  fail(code: ErrorCode): void {
    if (!this.#isOpen) return;
    if (ENDPOINTS_FAULT.has(code)) {
      this.#guard.onFailure(this.#endpoint, this.#isJudged ? 0 : this.#round);
      this.#isJudged = true;
    }
    this.end();
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#guard.leave(this.#endpoint, this.#isJudged ? 0 : this.#round);
  }
}
