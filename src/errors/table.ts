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

  // Policies of the edge.
  address_denied: row(403, 'downstream', 'never', 'This route does not take requests from your address.'),

  // Who is asking (RFC 9110, section 15.5.2; RFC 6750, section 3.1).
  credentials_missing: row(401, 'downstream', 'never', 'This route wants credentials, and the request has none.'),
  credentials_malformed: row(401, 'downstream', 'never', 'The credentials are not in the form this route expects.'),
  credentials_invalid: row(401, 'downstream', 'never', 'The credentials are not valid.'),
  token_malformed: row(401, 'downstream', 'never', 'The token is not a well-formed JSON Web Token.'),
  token_algorithm_refused: row(
    401,
    'downstream',
    'never',
    'The token is signed with an algorithm that its key is not for.',
  ),
  token_key_unknown: row(401, 'downstream', 'never', 'The token names a key that this gateway does not know.'),
  token_signature_invalid: row(401, 'downstream', 'never', 'The signature of the token is not valid.'),
  token_expired: row(401, 'downstream', 'never', 'The token has expired.'),
  token_not_yet_valid: row(401, 'downstream', 'never', 'The token is not valid yet.'),
  token_claims_refused: row(401, 'downstream', 'never', 'The token is not meant for this route.'),
  keys_unavailable: row(503, 'internal', 'never', 'The keys that tokens are checked with could not be fetched yet.'),
  consumer_unknown: row(403, 'downstream', 'never', 'The credentials are valid, and belong to no consumer known here.'),

  // Whether and how much they may.
  not_authorized: row(403, 'downstream', 'never', 'The identity of this request may not do this.'),
  rate_limited: row(429, 'downstream', 'never', 'Too many requests: see Retry-After.'),
  quota_exceeded: row(429, 'downstream', 'never', 'The quota for this period is used up: see Retry-After.'),
  quota_unavailable: row(503, 'internal', 'never', 'The store that quotas are kept in cannot be used.'),
  concurrency_exceeded: row(503, 'downstream', 'never', 'Too many requests of this kind are under way.'),

  // The cache (RFC 9111, section 5.2.1.7).
  cache_only: row(504, 'downstream', 'never', 'The request asks for a stored response alone, and there is none.'),

  // Bodies that policies read.
  request_body_invalid: row(400, 'downstream', 'never', 'The request body cannot be read as what it says it is.'),
  request_invalid: row(400, 'downstream', 'never', 'The request is not what the API describes.'),
  media_type_unsupported: row(415, 'downstream', 'never', 'The request body is of a type this route does not take.'),
  response_body_invalid: row(502, 'upstream', 'never', 'The body of the upstream response cannot be transformed.'),
  response_body_too_large: row(
    502,
    'upstream',
    'never',
    'The body of the upstream response is larger than a policy of this route can handle.',
  ),
  offload_overloaded: row(503, 'internal', 'never', 'The threads of the gateway have more work than they can do.'),

  // Policies that fail, and those that are there to fail.
  policy_failed: row(500, 'internal', 'never', 'A policy of this route failed.'),
  fault_injected: row(503, 'internal', 'never', 'This error was injected on purpose.'),

  route_disabled: row(503, 'internal', 'never', 'This route is switched off for the moment.'),

  // The upstream side.
  no_upstream: row(500, 'internal', 'never', 'No policy of this route answered, and it has no upstream.'),
  upstream_unavailable: row(503, 'upstream', 'never', 'No endpoint of the upstream is healthy.'),
  upstream_circuit_open: row(503, 'upstream', 'never', 'The upstream has failed too often and is given a rest.'),
  upstream_overloaded: row(
    503,
    'internal',
    'never',
    'As many requests are at the upstream as it is allowed to be sent.',
  ),

  // Who is asking, by the certificate of the connection.
  client_certificate_required: row(403, 'downstream', 'never', 'This listener wants a client certificate.'),
  client_certificate_refused: row(403, 'downstream', 'never', 'The client certificate is not valid any more.'),
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
