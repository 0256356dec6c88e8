/** `listeners[].tls`: what a listener shows its clients, what it speaks with them, and what it wants to see of them. */
import { z } from 'zod';
import { filePath, flag, oneOf } from './fields.ts';
import { hostPattern } from './network-fields.ts';
import { headerName } from './policies/header-fields.ts';

const PEM_PATH = 'the path of a PEM file';

const certificate = z.strictObject({
  hosts: z
    .array(hostPattern())
    .min(1)
    .describe('Names the certificate is served for (SNI). The first certificate of a listener is also its default.'),
  cert: filePath(PEM_PATH).describe('PEM file of the certificate and its chain.'),
  key: filePath(PEM_PATH).describe('PEM file of the private key that belongs to it.'),
});

const clientCertificates = z.strictObject({
  ca: filePath(PEM_PATH).describe('PEM file of the authorities that certificates of clients must come from.'),
  required: flag()
    .prefault(true)
    .describe(
      'Requests without a certificate are answered `403`. `false`: they pass, and policies can tell. A certificate of another authority always ends the handshake.',
    ),
  forward: headerName('request')
    .optional()
    .describe(
      'Header that carries the certificate to the upstream, as RFC 9440 writes it. Nobody else can set it, on no listener.',
    ),
});

export const listenerTls = z.strictObject({
  certificates: z.array(certificate).min(1).describe('Chosen by the name the client asks for.'),
  profile: oneOf(['modern', 'intermediate'])
    .prefault('intermediate')
    .describe(
      '`modern`: TLS 1.3 alone. `intermediate`: TLS 1.2 too, with ciphers that keep what was said a secret when the key is lost later.',
    ),
  clientCertificates: clientCertificates
    .optional()
    .describe('Asks clients for a certificate (mTLS). Without it they are not asked.'),
});
