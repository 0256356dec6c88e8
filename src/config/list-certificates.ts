import { oneLine } from '../decision/client-certificate.ts';
import { type CertificateRecord, fingerprintOf, readCertificates } from './certificates.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { LoadedConfig } from './load.ts';
import { besideSource } from './source/beside-source.ts';

const NO_HOSTS: readonly string[] = [];

/**
 * Every certificate that a config puts to use, by its owner. Of a file with several the first, which is the one shown to others;
 * of the authorities of clients and upstreams each.
 */
export function listCertificates(loaded: LoadedConfig): CertificateRecord[] {
  const { listeners, upstreams } = loaded.config;
  const ofListeners = listeners.flatMap(({ name, tls }, index) => {
    const list = new RecordList(loaded, 'listener', name, ['listeners', index, 'tls']);
    for (const { hosts, cert } of tls?.certificates ?? []) list.add('server', cert, hosts);
    if (tls?.clientCertificates !== undefined) list.add('authority', tls.clientCertificates.ca);
    return list.records;
  });
  const ofUpstreams = Object.entries(upstreams).flatMap(([name, { tls }]) => {
    const list = new RecordList(loaded, 'upstream', name, ['upstreams', name, 'tls']);
    if (tls?.cert !== undefined) list.add('client', tls.cert);
    if (tls?.ca !== undefined) list.add('authority', tls.ca);
    return list.records;
  });
  return [...ofListeners, ...ofUpstreams];
}

class RecordList {
  readonly records: CertificateRecord[] = [];
  readonly #loaded: LoadedConfig;
  readonly #owner: CertificateRecord['owner'];
  readonly #name: string;
  readonly #path: ConfigPath;

  constructor(loaded: LoadedConfig, owner: CertificateRecord['owner'], name: string, path: ConfigPath) {
    this.#loaded = loaded;
    this.#owner = owner;
    this.#name = name;
    this.#path = path;
  }

  add(use: CertificateRecord['use'], file: string, hosts = NO_HOSTS): void {
    const { source, pemFiles } = this.#loaded;
    const path = besideSource(source, this.#path, file);
    const all = readCertificates(pemFiles.read(path));
    for (const certificate of use === 'authority' ? all : [all[0]]) {
      this.records.push({
        owner: this.#owner,
        name: this.#name,
        use,
        hosts,
        subject: oneLine(certificate.subject),
        file: path,
        notBefore: Date.parse(certificate.validFrom),
        notAfter: Date.parse(certificate.validTo),
        fingerprint: fingerprintOf(certificate),
      });
    }
  }
}
