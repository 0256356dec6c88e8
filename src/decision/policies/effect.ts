import type { Millis } from '../../brand.ts';

/**
 * Something a decision has to wait for. A policy only says what; the host does it - an acceptor with sockets and threads,
 * `explain` with the body it was given - and hands the result to the function that `Decision.wait` was given.
 *
 *   kind           result
 *   delay          undefined, after that time
 *   requestBody    Buffer: the whole request body (empty when there is none). One that is longer is refused by the host with 413
 *   responseBody   Buffer: the whole body of the upstream's response. One that is longer is refused by the host with 502
 *   offload        what the task returned, or OFFLOAD_FAILED
 *   promise        what it resolved to. A rejection, or none of both in time, fails the exchange with `policy_failed`
 */
export type Effect =
  | { readonly kind: 'delay'; readonly ms: Millis }
  | { readonly kind: 'requestBody'; readonly maxBytes: number }
  | { readonly kind: 'responseBody'; readonly maxBytes: number }
  | { readonly kind: 'offload'; readonly task: OffloadTask; readonly input: unknown }
  | { readonly kind: 'promise'; readonly limit: Millis; run(signal: AbortSignal): Promise<unknown> };

export type EffectKind = Effect['kind'];

/** Work that would hold up an acceptor's loop, by the name its thread knows it under (src/offload/tasks/). */
export type OffloadTask = 'transformBody' | 'validateBody';

/** The thread died, or its queue is full. */
export const OFFLOAD_FAILED = Symbol('offload failed');
