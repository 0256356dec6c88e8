import { type CertificateRecord, daysUntil, expiresSoon } from '../../config/certificates.ts';

/** A certificate in use, as `GET /status` shows it. Of its key it says nothing. */
export interface CertificateStatus {
  /** Name of the listener or the upstream that it belongs to; the other is null. */
  readonly listener: string | null;
  readonly upstream: string | null;
  readonly use: CertificateRecord['use'];
  readonly hosts: readonly string[];
  readonly subject: string;
  readonly file: string;
  /** SHA-256 of the certificate, in hex. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whole days until it expires, rounded down. Negative: it has. */
  readonly daysLeft: number;
  /** It should have been renewed by now. */
  readonly expiresSoon: boolean;
  /** Why what is in the file now is not used; null: it is. */
  readonly lastError: { readonly at: string; readonly message: string } | null;
}

/** Why files that were written anew cannot be used. */
export interface FileProblem {
  readonly at: Date;
  readonly message: string;
}

export function certificateStatus(record: CertificateRecord, problem: FileProblem | null): CertificateStatus {
  const { owner, name, use, hosts, subject, file, fingerprint, notBefore, notAfter } = record;
  const now = Date.now();
  return {
    listener: owner === 'listener' ? name : null,
    upstream: owner === 'upstream' ? name : null,
    use,
    hosts,
    subject,
    file,
    fingerprint,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    daysLeft: daysUntil(now, notAfter),
    expiresSoon: expiresSoon(now, record),
    lastError: problem === null ? null : { at: problem.at.toISOString(), message: problem.message },
  };
}
