import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';

/** An answer of the admin server. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whole, or as it comes: a stream is destroyed when its reader has gone. */
  readonly body: string | Readable;
  /** Of the error it tells of; null: it tells of none. */
  readonly code: AdminError | null;
}

/**
 * Errors of the admin API. They are no exchange's errors, so they have a table of their own, and their codes are in no metric.
 */
export const ADMIN_ERRORS = {
  admin_unauthorized: { status: 401, detail: 'This address needs a bearer token.' },
  admin_not_found: { status: 404, detail: 'There is nothing at this path.' },
  admin_method_not_allowed: { status: 405, detail: 'This method is not allowed here.' },
  admin_request_invalid: { status: 400, detail: 'The body is not what this path takes.' },
  admin_forbidden: { status: 403, detail: "The token is a viewer's; this needs an operator." },
  admin_from_browser: {
    status: 403,
    detail: 'Without a token, this is not done for web pages: see "Browsers" in docs/admin-api.md.',
  },
  admin_refused: { status: 409, detail: 'It was not done.' },
  admin_busy: { status: 409, detail: 'Somebody else is at it already.' },
  admin_request_too_large: { status: 413, detail: 'The body is larger than this path takes.' },
  admin_unaudited: { status: 503, detail: 'Nothing was done: it could not be written to the audit log.' },
  admin_not_ready: { status: 503, detail: 'The gateway cannot take traffic.' },
  admin_failed: { status: 500, detail: 'The gateway failed to answer this. Its log says why.' },
} as const;

export type AdminError = keyof typeof ADMIN_ERRORS;

/** A problem document (RFC 9457) for an error of the admin API, with a detail of its own where there is one. */
export function problemReply(
  code: AdminError,
  detail?: string,
  headers: Record<string, string> = {},
  more: object = {},
): Reply {
  const { status, detail: usual } = ADMIN_ERRORS[code];
  const document = { type: 'about:blank', title: STATUS_CODES[status], status, detail: detail ?? usual, code, ...more };
  return { ...reply(status, 'application/problem+json', `${JSON.stringify(document)}\n`, headers), code };
}

/** An answer for machines, indented for the people who look at it with curl. */
export function jsonReply(value: object, status = 200): Reply {
  return reply(status, 'application/json', `${JSON.stringify(value, null, 2)}\n`);
}

export function textReply(text: string, contentType = 'text/plain; charset=utf-8'): Reply {
  return reply(200, contentType, text);
}

/** An answer that goes on for as long as there is something to say. */
export function streamReply(contentType: string, body: Readable, headers: Record<string, string> = {}): Reply {
  return reply(200, contentType, body, headers);
}

function reply(
  status: number,
  contentType: string,
  body: string | Readable,
  headers: Record<string, string> = {},
): Reply {
  return {
    status,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body,
    code: null,
  };
}
