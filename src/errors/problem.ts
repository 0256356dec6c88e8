import { STATUS_CODES } from 'node:http';
import { ERRORS, type ErrorCode } from './table.ts';

/** What a client receives for an error of the gateway's own: status, headers and an RFC 9457 problem document. */
export interface Problem {
  readonly status: number;
  readonly reason: string;
  /** Header lines without the framing, which the response writer adds: names and values alternate. */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface SpecialProblem {
  /** Other than the table's, for an error that is made on purpose. */
  readonly status?: number;
  /** More members of the document (RFC 9457, section 3.2); none can take the place of its own. */
  readonly members?: Readonly<Record<string, unknown>> | null;
}

/**
 * Maps an error code to the response a client sees. The only function that does.
 *
 * @param code a row of the error table
 * @param requestId as sent in `x-request-id`, so that a user can quote it to an operator
 * @param extraHeaders names and values alternating, for what one answer needs (`retry-after`, `allow`)
 * @param special what one answer has that its row does not say
 */
export function problem(
  code: ErrorCode,
  requestId: string,
  extraHeaders: readonly string[] = [],
  special: SpecialProblem = {},
): Problem {
  const { detail } = ERRORS[code];
  const { status = ERRORS[code].status, members = null } = special;
  const title = STATUS_CODES[status] ?? 'Error';
  const own = { type: 'about:blank', title, status, detail, code, requestId };
  return {
    status,
    reason: title,
    headers: [
      'content-type',
      'application/problem+json',
      'penstock-error',
      code,
      'x-request-id',
      requestId,
      ...extraHeaders,
    ],
    body: `${JSON.stringify({ ...own, ...members, ...own })}\n`,
  };
}
