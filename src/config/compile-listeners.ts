/** Listeners to what acceptors read. */
import type { CompiledListener } from './compiled.ts';
import type { Authorities, ClientCertificateRules, IdentityFiles, ListenerTls } from './compiled-tls.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { LoadedConfig } from './load.ts';
import type { Listener } from './schema/schema.ts';
import { besideSource } from './source/beside-source.ts';

export function compileListeners(loaded: LoadedConfig): CompiledListener[] {
  const { listeners } = loaded.config;
  const forwarded = listeners.flatMap(({ tls }) => tls?.clientCertificates?.forward ?? []);
  const ownHeaders = forwarded.length === 0 ? null : [...new Set(forwarded)];
  return listeners.map(({ name, address, tls, trustedProxies, chunkedRequests, path, limits }, index) => ({
    name,
    address,
    tls: tls === undefined ? null : compileTls(tls, ['listeners', index, 'tls'], loaded),
    ownHeaders,
    trustedProxies,
    chunkedRequests,
    path,
    limits,
  }));
}

function compileTls(
  { profile, certificates, clientCertificates }: NonNullable<Listener['tls']>,
  path: ConfigPath,
  loaded: LoadedConfig,
): ListenerTls {
  const rulesOf = ({ ca, required, forward }: NonNullable<typeof clientCertificates>): ClientCertificateRules => ({
    authorities: authoritiesOf(ca, path, loaded),
    required,
    forward: forward ?? null,
  });
  return {
    profile,
    certificates: certificates.map(({ hosts, cert, key }) => ({ hosts, ...identityOf(cert, key, path, loaded) })),
    clientCertificates: clientCertificates === undefined ? null : rulesOf(clientCertificates),
  };
}

/** @param path of the place that names the files */
export function identityOf(cert: string, key: string, path: ConfigPath, { source }: LoadedConfig): IdentityFiles {
  return { cert: besideSource(source, path, cert), key: besideSource(source, path, key) };
}

/** The text of a file as it was checked. @param path of the place that names it */
export function authoritiesOf(file: string, path: ConfigPath, { source, pemFiles }: LoadedConfig): Authorities {
  const absolute = besideSource(source, path, file);
  return { file: absolute, pem: pemFiles.read(absolute) };
}
