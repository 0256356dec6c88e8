import { type CertificateRecord, fingerprintOf, readCertificates } from '../../config/certificates.ts';
import type { CompiledGlobals } from '../../config/compiled.ts';
import type { Authorities, IdentityFiles } from '../../config/compiled-tls.ts';
import { oneLine } from '../../decision/client-certificate.ts';
import type { IdentityBook } from '../../identities.ts';

type Owner = Pick<CertificateRecord, 'owner' | 'name'>;
type Globals = Pick<CompiledGlobals, 'listeners' | 'upstreams'>;

/**
 * Every certificate that a config puts to use, by its owner. Of a file with several the first, which is the one that others are shown;
 * of authorities each.
 */
export function listCertificates({ listeners, upstreams }: Globals, identities: IdentityBook): CertificateRecord[] {
  const identity = (owner: Owner, use: 'server' | 'client', files: IdentityFiles, hosts: readonly string[]) => {
    const known = identities.get(files);
    return known === null ? [] : recordsOf(owner, use, files.cert, known.certPem, hosts).slice(0, 1);
  };
  const authority = (owner: Owner, from: Authorities | null | undefined) =>
    from == null ? [] : recordsOf(owner, 'authority', from.file, from.pem, []);
  return [
    ...listeners.flatMap(({ name, tls }) => [
      ...(tls?.certificates ?? []).flatMap((files) =>
        identity({ owner: 'listener', name }, 'server', files, files.hosts),
      ),
      ...authority({ owner: 'listener', name }, tls?.clientCertificates?.authorities),
    ]),
    ...upstreams.flatMap(({ name, tls }) => [
      ...(tls?.identity == null ? [] : identity({ owner: 'upstream', name }, 'client', tls.identity, [])),
      ...authority({ owner: 'upstream', name }, tls?.authorities),
    ]),
  ];
}

function recordsOf(
  owner: Owner,
  use: CertificateRecord['use'],
  file: string,
  pem: string,
  hosts: readonly string[],
): CertificateRecord[] {
  return readCertificates(pem).map((certificate) => ({
    ...owner,
    use,
    hosts,
    subject: oneLine(certificate.subject),
    file,
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    fingerprint: fingerprintOf(certificate),
  }));
}
