/**
 * Every error the gateway itself can make, in one table: the only source of codes.
 *
 * The code is what clients see (`penstock-error`, and `code` in the problem document), what logs carry and what the metric
 * `penstock_gateway_errors_total` is labelled with. A row's place is its number in shared memory, so rows are only ever
 * appended within one memory-layout version.
 */

/** Whose doing an error is. */
export type ErrorSource = 'downstream' | 'upstream' | 'internal';

/**
 * Whether a failed attempt may be made again on another connection:
 * `never`; `safe` - not one byte of the request reached the peer, so any method may be repeated; `reused-only` - the peer
 * closed without answering, which on a reused connection is most likely the keep-alive race (RFC 9112, 9.3.1).
 */
export type RetryClass = 'never' | 'safe' | 'reused-only';

interface ErrorRow {
  readonly status: number;
  readonly source: ErrorSource;
  readonly retry: RetryClass;
  readonly detail: string;
}

const row = (status: number, source: ErrorSource, retry: RetryClass, detail: string): ErrorRow =>
  Object.freeze({ status, source, retry, detail });

export const ERRORS = {
  request_malformed: row(400, 'downstream', 'never', 'The request is not well-formed HTTP/1.1.'),
  request_framing_invalid: row(
    400,
    'downstream',
    'never',
    'The length of the request body is ambiguous: check Content-Length and Transfer-Encoding.',
  ),
  host_invalid: row(400, 'downstream', 'never', 'The Host header is empty or malformed.'),
  path_invalid: row(400, 'downstream', 'never', 'The path holds characters or encodings this gateway refuses.'),
  request_header_too_large: row(431, 'downstream', 'never', 'The request head is larger than this listener accepts.'),
  request_body_too_large: row(413, 'downstream', 'never', 'The request body is larger than this listener accepts.'),
  request_body_timeout: row(408, 'downstream', 'never', 'The request body did not arrive in time.'),
  chunked_refused: row(
    411,
    'downstream',
    'never',
    'This listener takes no chunked request bodies: send Content-Length.',
  ),
  expectation_failed: row(417, 'downstream', 'never', 'Only the expectation 100-continue is supported.'),
  loop_detected: row(508, 'downstream', 'never', 'The request has passed through this gateway already.'),
  route_not_found: row(404, 'downstream', 'never', 'No route matches this request.'),
  method_not_allowed: row(405, 'downstream', 'never', 'A route matches this path, but not with this method.'),
  client_aborted: row(499, 'downstream', 'never', 'The client closed the connection before the response was complete.'),
  client_stalled: row(499, 'downstream', 'never', 'The client stopped reading the response.'),
  upstream_connect_failed: row(502, 'upstream', 'safe', 'No connection to the upstream could be made.'),
  upstream_connect_timeout: row(504, 'upstream', 'safe', 'The upstream did not accept a connection in time.'),
  upstream_tls_failed: row(502, 'upstream', 'safe', 'The TLS handshake with the upstream failed.'),
  upstream_closed: row(502, 'upstream', 'reused-only', 'The upstream closed the connection without a response.'),
  upstream_response_malformed: row(
    502,
    'upstream',
    'never',
    'The upstream sent something that is not a well-formed HTTP/1.1 response.',
  ),
  upstream_response_too_large: row(
    502,
    'upstream',
    'never',
    'The head of the upstream response is larger than the gateway accepts.',
  ),
  upstream_truncated: row(502, 'upstream', 'never', 'The upstream response ended before it was complete.'),
  upstream_head_timeout: row(504, 'upstream', 'never', 'The upstream did not answer in time.'),
  upstream_idle_timeout: row(504, 'upstream', 'never', 'The upstream stopped sending in the middle of its response.'),
  upstream_queue_full: row(
    503,
    'internal',
    'never',
    'Every connection to the upstream is busy and its waiting queue is full.',
  ),
  upstream_queue_timeout: row(503, 'internal', 'never', 'No connection to the upstream became free in time.'),
  request_timeout: row(504, 'internal', 'never', 'The request took longer than its route allows.'),
  shutting_down: row(503, 'internal', 'never', 'The gateway is shutting down.'),
  internal_error: row(500, 'internal', 'never', 'The gateway failed to handle this request.'),
} as const satisfies Record<string, ErrorRow>;

/** A stable error code: the name of a row in the table. */
export type ErrorCode = keyof typeof ERRORS;

/** All codes in table order; the index of a code is its number in the metrics slab. */
export const ERROR_CODES = Object.freeze(Object.keys(ERRORS)) as readonly ErrorCode[];

const numbers = new Map(ERROR_CODES.map((code, index) => [code, index]));

/** The number of a code in shared memory. */
export function errorNumber(code: ErrorCode): number {
  return numbers.get(code)!;
}
