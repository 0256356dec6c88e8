import { X509Certificate } from 'node:crypto';

/** The certificate a client has shown in its handshake, which has found it to come from an authority of the listener. */
export interface ClientCertificate {
  /** Its names in one line, the most specific first (RFC 4514): `CN=orders,O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256 of the certificate in lower-case hex. */
  readonly fingerprint: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** Its other names: `DNS:orders.internal, URI:spiffe://example/orders`; null: none. */
  readonly names: string | null;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /** As a structured header carries it (RFC 9440, section 2.1): its bytes as base64 between colons. */
  readonly headerValue: string;
}

/** @throws Error when it is no well-formed certificate */
export function readClientCertificate(pem: string): ClientCertificate {
  const certificate = new X509Certificate(pem);
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    serial: certificate.serialNumber.toLowerCase(),
    names: certificate.subjectAltName ?? null,
    notAfter: Date.parse(certificate.validTo),
    headerValue: `:${certificate.raw.toString('base64')}:`,
  };
}

/**
 * Node writes one name a line, the least specific first, with line ends in them escaped. What would end a name is escaped here: the
 * name `a,O=b` must not read as two.
 */
export function oneLine(names: string | undefined): string {
  const lines = names === undefined ? [] : names.split('\n');
  return lines
    .map((line) => line.replace(/[,+"<>;]/g, '\\$&'))
    .reverse()
    .join(',');
}

/** Entries of a list of names as Node writes it: those that hold a comma, or a quote, stand in quotes. */
const ALTERNATIVE_NAME = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;

/** By what a consumer can be told from a certificate, the most certain first: fingerprint, other names, subject. */
export function identifyingNames({ fingerprint, names, subject }: ClientCertificate): readonly string[] {
  const others = (names?.match(ALTERNATIVE_NAME) ?? []).map((name) => name.trim());
  return [fingerprint, ...others, subject];
}

/** What a config says of a certificate, in the one spelling of `identifyingNames`. */
export function certificateName(written: string): string {
  const hex = written.replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? hex : written;
}
