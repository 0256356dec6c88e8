/** `upstreams`: named groups of endpoints that routes forward to. */
import { z } from 'zod';
import { duration, filePath, flag, parsed, Refusal, reserved, wholeNumber } from './fields.ts';
import { endpointUrl, isHostName } from './network-fields.ts';

const weighted = z.strictObject({
  url: endpointUrl((url) => url).describe('Scheme, host and port.'),
  weight: wholeNumber(1, 1000).prefault(1).describe('Share of the requests, relative to the other endpoints.'),
});

/** `http://a:1` is short for `{ url: http://a:1, weight: 1 }`. */
const endpoint = z.union([endpointUrl((url) => ({ url, weight: 1 })), weighted]);

const LATER_BALANCERS: ReadonlySet<unknown> = new Set(['leastRequests', 'randomTwo', 'hash']);

const balance = parsed<'roundRobin'>(
  { type: 'roundRobin', expected: 'roundRobin', json: { type: 'string', enum: ['roundRobin'] } },
  (input) => {
    if (input === 'roundRobin') return 'roundRobin';
    const isLater = LATER_BALANCERS.has(input) || (typeof input === 'object' && input !== null && 'hash' in input);
    return new Refusal(
      isLater ? 'this version of Penstock cannot balance by {value} yet' : '{value} is no way to balance',
    );
  },
);

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
});

export const upstream = z.strictObject({
  endpoints: z
    .array(endpoint)
    .min(1)
    .describe('Where requests go: a URL, or `{ url, weight }`. All with the same scheme.'),
  balance: balance.prefault('roundRobin').describe('How an endpoint is chosen: in turn, by weight.'),
  connections: connections.prefault({}).describe('Pooled connections to the endpoints.'),
  tls: upstreamTls.optional().describe('For `https` endpoints.'),
  health: reserved<null>('nothing', null, (input) => input === null, 'health checks')
    .optional()
    .describe('Kept for health checks, which this version does not have.'),
});
