/** `upstreams`: named groups of endpoints that routes forward to. */
import { z } from 'zod';
import { duration, filePath, flag, oneOf, parsed, Refusal, wholeNumber } from './fields.ts';
import { endpointUrl, isHostName } from './network-fields.ts';
import { circuit, health, limits } from './upstream-care.ts';
import { keySource } from './upstream-fields.ts';

const weighted = z.strictObject({
  url: endpointUrl((url) => url).describe('Scheme, host and port.'),
  weight: wholeNumber(1, 1000).prefault(1).describe('Share of the requests, relative to the other endpoints.'),
});

/** `http://a:1` is short for `{ url: http://a:1, weight: 1 }`. */
const endpoint = z.union([endpointUrl((url) => ({ url, weight: 1 })), weighted]);

const byHash = z.strictObject({
  hash: keySource().describe(
    'What decides: requests with the same `ip`, `path`, `query`, `{ header }` or `{ cookie }` go to the same endpoint.',
  ),
});

const balance = z.union([
  oneOf(['roundRobin', 'leastRequests', 'randomTwo'], 'roundRobin, leastRequests, randomTwo or { hash }'),
  byHash,
]);

const connections = z.strictObject({
  perEndpoint: wholeNumber(1, 100_000)
    .prefault(256)
    .describe('Connections from one acceptor to one endpoint, at most.'),
  idleTimeout: duration()
    .prefault('60s')
    .describe("A connection without a request is closed after this. Keep it below the upstream's own."),
  connectTimeout: duration().prefault('1s').describe('For a connection to be made, with its TLS handshake.'),
  queue: wholeNumber(0, 1_000_000)
    .prefault(1024)
    .describe('Exchanges of one acceptor that may wait for a free connection; beyond it `503`. 0: none waits.'),
  queueTimeout: duration().prefault('1s').describe('How long each may wait; then `503`.'),
});

const serverName = parsed(
  { type: 'host', expected: 'a host name such as orders.internal', json: { type: 'string' } },
  (input): string | Refusal =>
    typeof input === 'string' && isHostName(input) ? input : new Refusal('{value} is not a host name'),
);

const upstreamTls = z.strictObject({
  serverName: serverName
    .optional()
    .describe("Name sent as SNI and looked for in the certificate. The endpoint's host without it."),
  verify: flag().prefault(true).describe('`false` accepts any certificate: for tests alone.'),
  ca: filePath('the path of a PEM file')
    .optional()
    .describe("PEM file of the certificates to trust, in place of the system's."),
  cert: filePath('the path of a PEM file')
    .optional()
    .describe('PEM file of the certificate, with its chain, that the gateway shows an endpoint which asks (mTLS).'),
  key: filePath('the path of a PEM file').optional().describe('PEM file of the private key that belongs to `cert`.'),
});

export const upstream = z.strictObject({
  endpoints: z
    .array(endpoint)
    .min(1)
    .describe('Where requests go: a URL, or `{ url, weight }`. All with the same scheme.'),
  balance: balance
    .prefault('roundRobin')
    .describe(
      'How an endpoint is chosen: in turn (`roundRobin`), the one with the fewest requests in flight (`leastRequests`), the better of two at random (`randomTwo`), or the same for the same key (`hash`). All by weight.',
    ),
  connections: connections.prefault({}).describe('Pooled connections to the endpoints.'),
  tls: upstreamTls.optional().describe('For `https` endpoints.'),
  health: health.optional().describe('How endpoints that do not work are found and left out.'),
  circuit: circuit.optional().describe('A circuit breaker for each endpoint.'),
  limits: limits
    .prefault({ inFlight: 0, perEndpoint: 0 })
    .describe('Requests that may be in flight at one time; beyond it `503`.'),
});
