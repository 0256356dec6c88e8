import type { Problem } from '../../errors/problem.ts';
import type { ResponseHead } from '../upstream/upstream.ts';

const ARENA_BYTES = 64 * 1024;
const LARGEST_HEAD_BYTES = 256 * 1024;
/** Not worth trying to fit a head into what is left below this. */
const SMALLEST_REST_BYTES = 2048;

/**
 * Where heads are rendered: one after the other into a shared buffer that is never written twice, so that a head stays
 * what it was for as long as somebody holds it, without an allocation each.
 */
let arena = Buffer.allocUnsafeSlow(ARENA_BYTES);
let used = 0;

/**
 * Renders the head of an upstream's response for the client: its status and end-to-end headers untouched and in order,
 * with the request id added where the upstream sent none.
 *
 * @returns the head as `Downstream.respond` wants it, or null when it is larger than the gateway handles
 */
export function renderResponseHead(head: ResponseHead, requestId: string): Buffer | null {
  const ownLines = head.header('x-request-id') === null ? `x-request-id: ${requestId}\r\n` : '';
  const prefix = `${head.status} ${head.reason}\r\n${ownLines}`;
  if (arena.length - used < SMALLEST_REST_BYTES) renewArena(ARENA_BYTES);
  const rendered = renderInto(head, prefix);
  if (rendered !== null) return rendered;
  renewArena(LARGEST_HEAD_BYTES);
  return renderInto(head, prefix);
}

function renderInto(head: ResponseHead, prefix: string): Buffer | null {
  const start = used;
  if (prefix.length > arena.length - start) return null;
  const end = head.copyEndToEndHeaders(arena, start + arena.write(prefix, start, 'latin1'));
  if (end < 0) return null;
  used = end;
  return arena.subarray(start, end - '\r\n'.length);
}

function renewArena(size: number): void {
  arena = Buffer.allocUnsafeSlow(size);
  used = 0;
}

/** Renders the head of an answer of the gateway's own. */
export function renderProblemHead({ status, reason, headers }: Problem): Buffer {
  let text = `${status} ${reason}`;
  for (let i = 0; i < headers.length; i += 2) text += `\r\n${headers[i]}: ${headers[i + 1]}`;
  return Buffer.from(text, 'latin1');
}
