import type { Decision } from '../../decision/decision.ts';
import { problem } from '../../errors/problem.ts';
import { ERRORS, type ErrorCode } from '../../errors/table.ts';
import type { ExchangeState } from '../exchange-state.ts';
import { renderAnswerHead, renderProblemHead } from './render-head.ts';

const NO_BYTES = Buffer.alloc(0);

/** Behind these the client cannot be expected to send what this connection could go on with. */
const CLOSING: ReadonlySet<number> = new Set([400, 408]);

/** What a client whose upstream is busy should wait before it asks again, in seconds. */
const RETRY_AFTER_SECONDS = '1';

/** An answer of the gateway's own, ready for `Downstream.respond`. */
export interface Answer {
  readonly head: Buffer;
  readonly body: Buffer | null;
  readonly contentLength: number;
  /** The connection's framing is in doubt, or the client keeps sending what nobody reads. */
  readonly close: boolean;
}

/** Builds the answer for an error: the problem document, without its body for HEAD. */
export function answerFor(exchange: ExchangeState, code: ErrorCode): Answer {
  const { decision } = exchange;
  const members = decision?.error === code ? decision.errorMembers : null;
  const extraHeaders = refusalHeaders(code, decision, () => exchange.snapshot.allowedMethods(exchange));
  const rendered = problem(code, exchange.requestId, extraHeaders, { members });
  const body = Buffer.from(rendered.body, 'utf8');
  const isHead = exchange.method === 'HEAD';
  return {
    head: renderProblemHead(rendered, decision === null ? null : decision.responseHeaderChanges),
    body: isHead ? null : body,
    contentLength: body.length,
    close: exchange.downstream.head.fault !== null || CLOSING.has(ERRORS[code].status),
  };
}

/** Builds the answer that a policy gave in the upstream's place. */
export function ownAnswerFor(exchange: ExchangeState): Answer {
  const decision = exchange.decision!;
  const own = decision.own!;
  const isBodyless = exchange.method === 'HEAD' || own.status === 204 || own.status === 304;
  const length = own.body?.length ?? 0;
  return {
    head: renderAnswerHead(own, exchange.requestId, decision.responseHeaderChanges),
    body: isBodyless ? null : (own.body ?? NO_BYTES),
    contentLength: own.status === 204 || own.status === 304 || decision.hidesLength ? -1 : length,
    close: false,
  };
}

/**
 * What an error is answered with beside its problem document; names and values alternate.
 *
 * @param allowed asked for the methods that would have found a route
 */
export function refusalHeaders(
  code: ErrorCode,
  decision: Decision | null,
  allowed: () => readonly string[],
): readonly string[] {
  if (decision !== null && decision.error === code && decision.errorHeaders.length > 0) return decision.errorHeaders;
  if (code === 'method_not_allowed') return ['allow', allowed().join(', ')];
  if (ERRORS[code].status === 503) return ['retry-after', RETRY_AFTER_SECONDS];
  return [];
}
