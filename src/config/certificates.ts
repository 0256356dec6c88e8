import { type KeyObject, X509Certificate } from 'node:crypto';

const DAY_MS = 86_400_000;
/** From here on a certificate is said to expire soon... */
const SOON_MS = 14 * DAY_MS;
/** ...unless it is made for such a short life that this is no news. */
const LAST_SHARE_OF_LIFE = 1 / 3;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What operators are told of a certificate in use. Nothing of it is secret, and nothing tells of its key. */
export interface CertificateRecord {
  /** Whose it is: a listener's, or an upstream's. */
  readonly owner: 'listener' | 'upstream';
  readonly name: string;
  /** `server`: shown to clients; `client`: shown to upstreams; `authority`: what others' certificates are checked with. */
  readonly use: 'server' | 'client' | 'authority';
  /** Names it is served for; empty unless `server`. */
  readonly hosts: readonly string[];
  readonly subject: string;
  /** Absolute path. */
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
}

/**
 * The certificates of a PEM text in their order: at least one.
 *
 * @throws Error when there is none, or one is not well-formed
 */
export function readCertificates(pem: string): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));
  if (first === undefined) throw new Error('no certificate');
  return [first, ...others];
}

export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Whether a certificate has so little time left that somebody should see to it. Also when it has none. */
export function expiresSoon(
  now: number,
  { notBefore, notAfter }: Pick<CertificateRecord, 'notBefore' | 'notAfter'>,
): boolean {
  return notAfter - now < Math.min(SOON_MS, (notAfter - notBefore) * LAST_SHARE_OF_LIFE);
}

/** Whole days until then, rounded down: negative once it has passed. */
export function daysUntil(now: number, then: number): number {
  return Math.floor((then - now) / DAY_MS);
}

export const USABLE_KEYS = 'RSA, Ed25519, or ECDSA on P-256, P-384 or P-521';
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** Why a key cannot be used: the TLS library of uWebSockets.js knows fewer kinds than Node's. Null: it can. */
export function whyUnusable({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | null {
  if (asymmetricKeyType === 'rsa' || asymmetricKeyType === 'ed25519') return null;
  if (asymmetricKeyType !== 'ec') return `a key of the kind ${asymmetricKeyType}`;
  const curve = asymmetricKeyDetails?.namedCurve ?? 'unknown';
  return CURVES.has(curve) ? null : `a key on the curve ${curve}`;
}
