/** `listeners` and `admin`: where the gateway itself can be reached. */
import { z } from 'zod';
import { duration, name, oneOf, size, text, wholeNumber } from './fields.ts';
import { listenerTls } from './listener-tls.ts';
import { address, cidr } from './network-fields.ts';

const KIB = 1024;

const pathRules = z.strictObject({
  encodedSlash: oneOf(['reject', 'keep', 'decode'])
    .prefault('reject')
    .describe(
      'An encoded slash or backslash (`%2F`, `%5C`): refuse the request, forward it as it is, or decode it into a separator.',
    ),
  emptySegments: oneOf(['merge', 'reject', 'keep'])
    .prefault('merge')
    .describe('Two slashes in a row: made one, refused, or forwarded as they are.'),
});

const limits = z.strictObject({
  headerBytes: size({ min: KIB, max: KIB ** 2 })
    .prefault('16KiB')
    .describe('Request line and headers together; beyond it `431`.'),
  headerCount: wholeNumber(1, 100)
    .prefault(100)
    .describe('Headers of one request; beyond it `431`. The HTTP parser itself stops at 98.'),
  bodyBytes: size({ none: true }).prefault('10MiB').describe('Request body; beyond it `413`. `none`: no limit.'),
  connections: wholeNumber(1, 1_000_000)
    .prefault(10_000)
    .describe('Open connections of one acceptor; beyond it new ones wait in the kernel.'),
  idleTimeout: duration({ min: 1000 })
    .prefault('60s')
    .describe('How long a kept-alive connection may stay without a request.'),
  headerTimeout: duration({ min: 1000 }).prefault('10s').describe('From the first byte to the end of a request head.'),
  bodyTimeout: duration({ min: 1000 })
    .prefault('30s')
    .describe(
      'Between two pieces of a request body; also how long a response waits for a client that has stopped reading.',
    ),
});

export const listener = z.strictObject({
  name: name('listeners').describe('Shown in logs and metrics.'),
  address: address().describe('Where to listen. Port 0 takes any free one.'),
  tls: listenerTls.optional().describe('TLS with these certificates; plain HTTP without.'),
  trustedProxies: z
    .array(cidr())
    .prefault([])
    .describe('Peers whose `X-Forwarded-*` and `X-Request-Id` are believed. From anyone else they are replaced.'),
  chunkedRequests: oneOf(['accept', 'reject'])
    .prefault('accept')
    .describe(
      '`reject` answers chunked request bodies with `411`: for a gateway behind another proxy that shares connections among clients.',
    ),
  path: pathRules.prefault({}).describe('Spellings of a path that servers are known to read in different ways.'),
  limits: limits.prefault({}).describe('What one client may ask for.'),
});

export const admin = z.strictObject({
  address: address().prefault('127.0.0.1:9901').describe('Where metrics, health and status are served.'),
  token: text(`a secret, best as a reference: \${env:NAME}`)
    .optional()
    .describe('Bearer token that requests must carry. Required unless the address is loopback or a unix socket.'),
});
