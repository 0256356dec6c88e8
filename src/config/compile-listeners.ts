/** Listeners to what acceptors read, with the texts of their certificates. */
import type { CompiledListener } from './compiled.ts';
import type { CompiledIdentity, ListenerTls } from './compiled-tls.ts';
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
  return {
    profile,
    certificates: certificates.map(({ hosts, cert, key }) => ({ hosts, ...identityOf(cert, key, path, loaded) })),
    clientCertificates:
      clientCertificates === undefined
        ? null
        : {
            ca: pemOf(clientCertificates.ca, path, loaded),
            required: clientCertificates.required,
            forward: clientCertificates.forward ?? null,
          },
  };
}

/** @param path of the place that names the files */
export function identityOf(cert: string, key: string, path: ConfigPath, loaded: LoadedConfig): CompiledIdentity {
  return { cert: pemOf(cert, path, loaded), key: pemOf(key, path, loaded) };
}

/** The text of a file as it was checked. */
export function pemOf(file: string, path: ConfigPath, { source, pemFiles }: LoadedConfig): string {
  return pemFiles.read(besideSource(source, path, file));
}
