import { STATUS_CODES } from 'node:http';
import type { OwnResponse } from '../../decision/decision.ts';
import type { HeaderChanges } from '../../decision/header-changes.ts';
import type { Problem } from '../../errors/problem.ts';
import type { ResponseHead } from '../upstream/upstream.ts';

const SCRATCH_BYTES = 128 * 1024;

/**
 * Where heads are rendered. A head whose response has arrived whole is with the kernel before the read callback returns, so
 * that the next one may overwrite it here, where memory is warm; any other is copied to a place of its own.
 */
const SCRATCH = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * Renders the head of an upstream's response for the client: its status and end-to-end headers untouched and in order but for
 * what policies change, with the request id added where the upstream sent none.
 *
 * @returns the head as `Downstream.respond` wants it, good until this turn of the loop ends when the response has arrived
 *   whole; null when it is larger than the gateway handles
 */
export function renderResponseHead(
  head: ResponseHead,
  requestId: string,
  changes: HeaderChanges | null,
): Buffer | null {
  const hasId = head.header('x-request-id') !== null;
  if (changes !== null) for (const name of changes.hidden) head.hide(name);
  let end = head.copyStatusAndHeaders(SCRATCH, 0);
  if (end < 0) return null;
  end -= '\r\n'.length;
  // One write, since each costs more than what it copies.
  const own = (hasId ? '' : `\r\nx-request-id: ${requestId}`) + appendHeaderLines(changes);
  if (end + own.length > SCRATCH_BYTES) return null;
  if (own !== '') end += SCRATCH.write(own, end, 'latin1');
  const rendered = SCRATCH.subarray(0, end);
  return head.arrivedWhole ? rendered : Buffer.from(rendered);
}

/** Header lines that policies add, each with CRLF before it. */
export function appendHeaderLines(changes: HeaderChanges | null): string {
  if (changes === null) return '';
  const { added } = changes;
  let text = '';
  for (let i = 0; i < added.length; i += 2) text += `\r\n${added[i]}: ${added[i + 1]}`;
  return text;
}

/** Renders the head of an error of the gateway's own. */
export function renderProblemHead({ status, reason, headers }: Problem, changes: HeaderChanges | null): Buffer {
  return renderOwnHead(status, reason, headers, changes);
}

/** Renders the head of a response that a policy gave. */
export function renderAnswerHead(response: OwnResponse, requestId: string, changes: HeaderChanges | null): Buffer {
  const headers = [...response.headers, 'x-request-id', requestId];
  return renderOwnHead(response.status, STATUS_CODES[response.status] ?? '', headers, changes);
}

function renderOwnHead(
  status: number,
  reason: string,
  headers: readonly string[],
  changes: HeaderChanges | null,
): Buffer {
  let text = `${status} ${reason}`;
  for (let i = 0; i < headers.length; i += 2) {
    if (changes === null || !changes.hides(headers[i]!)) text += `\r\n${headers[i]}: ${headers[i + 1]}`;
  }
  return Buffer.from(text + appendHeaderLines(changes), 'latin1');
}
