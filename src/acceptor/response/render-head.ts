import type { Problem } from '../../errors/problem.ts';
import type { ResponseHead } from '../upstream/upstream.ts';

const SCRATCH_BYTES = 128 * 1024;

/**
 * Where heads are rendered. A head whose response has arrived whole is with the kernel before the read callback returns, so
 * that the next one may overwrite it here, where memory is warm; any other is copied to a place of its own.
 */
const SCRATCH = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * Renders the head of an upstream's response for the client: its status and end-to-end headers untouched and in order,
 * with the request id added where the upstream sent none.
 *
 * @returns the head as `Downstream.respond` wants it, good until this turn of the loop ends when the response has arrived
 *   whole; null when it is larger than the gateway handles
 */
export function renderResponseHead(head: ResponseHead, requestId: string): Buffer | null {
  let end = head.copyStatusAndHeaders(SCRATCH, 0);
  if (end < 0) return null;
  if (head.header('x-request-id') === null) end += SCRATCH.write(`x-request-id: ${requestId}\r\n`, end, 'latin1');
  const rendered = SCRATCH.subarray(0, end - '\r\n'.length);
  return head.arrivedWhole ? rendered : Buffer.from(rendered);
}

/** Renders the head of an answer of the gateway's own. */
export function renderProblemHead({ status, reason, headers }: Problem): Buffer {
  let text = `${status} ${reason}`;
  for (let i = 0; i < headers.length; i += 2) text += `\r\n${headers[i]}: ${headers[i + 1]}`;
  return Buffer.from(text, 'latin1');
}
