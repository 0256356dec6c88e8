import type { CertificateRecord } from '../config/certificates.ts';
import type { Family, Sample } from './metric-families.ts';

/** What is known of certificates. */
export const CERTIFICATE_FAMILIES: readonly Family[] = [
  {
    name: 'penstock_certificate_not_after_seconds',
    help: 'When a certificate in use expires, in seconds since the epoch.',
    type: 'gauge',
    read: (_, source) => expiries(source.certificates()),
  },
];

/** Of several that have all labels in common, as in a bundle that holds an authority twice, the first that expires. */
function expiries(certificates: readonly CertificateRecord[]): Sample[] {
  const samples = new Map<string, Sample>();
  for (const { owner, name, use, subject, file, notAfter } of certificates) {
    const key = JSON.stringify([owner, name, use, subject, file]);
    const value = Math.min(notAfter / 1000, samples.get(key)?.value ?? Number.POSITIVE_INFINITY);
    const [listener, upstream] = owner === 'listener' ? [name, ''] : ['', name];
    samples.set(key, { labels: { listener, upstream, use, subject, file }, value });
  }
  return [...samples.values()];
}
