import { problem } from '../../errors/problem.ts';
import { ERRORS, type ErrorCode } from '../../errors/table.ts';
import type { ExchangeState } from '../exchange-state.ts';
import { renderProblemHead } from './render-head.ts';

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
  const rendered = problem(code, exchange.requestId, extraHeaders(exchange, code));
  const body = Buffer.from(rendered.body, 'utf8');
  const isHead = exchange.method === 'HEAD';
  return {
    head: renderProblemHead(rendered),
    body: isHead ? null : body,
    contentLength: body.length,
    close: exchange.downstream.head.fault !== null || CLOSING.has(ERRORS[code].status),
  };
}

function extraHeaders(exchange: ExchangeState, code: ErrorCode): readonly string[] {
  if (code === 'method_not_allowed') return ['allow', exchange.snapshot.allowedMethods(exchange).join(', ')];
  if (ERRORS[code].status === 503) return ['retry-after', RETRY_AFTER_SECONDS];
  return [];
}
