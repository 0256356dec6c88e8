import { writeSync } from 'node:fs';
import { closeFd, createMemory, withoutStdout } from '../../../../native-bindings/native.ts';
import type { RequestHandler, TemplatedApp, TlsFiles, Uws } from '../../../../native-bindings/uws-types.ts';
import type { ClientCertificateRules, TlsProfile } from '../../../config/compiled-tls.ts';
import type { Identity } from '../../../identities.ts';

/**
 * Ciphers of TLS 1.2; those of TLS 1.3 are all sound, and uWS leaves them to its library.
 *
 * uWS cannot be told a lowest version. What it can be told for `modern` is a cipher that wants a key known to both sides
 * beforehand: there is none, so no handshake of TLS 1.2 can agree on anything, and TLS 1.3 is left.
 * `intermediate` are those with forward secrecy and authenticated encryption (RFC 9325, section 4.2).
 */
const CIPHERS: Readonly<Record<TlsProfile, string>> = {
  modern: 'ECDHE-PSK-CHACHA20-POLY1305',
  intermediate: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
};

/** Spellings of names with capitals that one app learns: each costs memory, and any client may think of new ones. */
const MOST_SPELLINGS = 256;

/** A certificate, its key, and the names it is shown for. */
export interface ServerCertificate extends Pick<Identity, 'certPem' | 'keyPem'> {
  readonly hosts: readonly string[];
}

/** What an app shows and speaks. */
export interface ServerTls {
  readonly profile: TlsProfile;
  /** The first one is the default. */
  readonly certificates: readonly ServerCertificate[];
  readonly clientCertificates: ClientCertificateRules | null;
}

/**
 * Makes an app that serves TLS. uWS says of a certificate that it cannot use no more than that it failed, and of one for a
 * name nothing at all: all of them have been checked when the config was.
 *
 * @throws Error when the default certificate, or the authorities of clients, cannot be used
 */
export function createTlsApp(uws: Uws, tls: ServerTls, serve: RequestHandler): TemplatedApp {
  const [first] = tls.certificates;
  const app = withFiles(tls, first!, (files) => uws.SSLApp(files));
  app.any('/*', serve);
  const exact = new Map<string, number>();
  for (const [index, certificate] of tls.certificates.entries()) {
    withFiles(tls, certificate, (files) => {
      for (const host of certificate.hosts) addName(app, host, files, serve);
    });
    for (const host of certificate.hosts) if (!exact.has(host)) exact.set(host, index);
  }
  let spellings = 0;
  app.missingServerName((name) => {
    const index = certificateFor(exact, name);
    if (index === null || spellings >= MOST_SPELLINGS) return;
    spellings++;
    withFiles(tls, tls.certificates[index]!, (files) => addName(app, name, files, serve));
  });
  return app;
}

/** Names are compared without regard to case (RFC 6066, section 3), which uWS does not do. Null: none, also in lower case. */
function certificateFor(hosts: ReadonlyMap<string, number>, name: string): number | null {
  const lower = name.toLowerCase();
  if (lower === name) return null;
  return hosts.get(lower) ?? hosts.get(`*${lower.slice(lower.indexOf('.'))}`) ?? null;
}

/** Each server name has a router of its own. uWS prints a line about each to where the access log may go. */
function addName(app: TemplatedApp, name: string, files: TlsFiles, serve: RequestHandler): void {
  app.addServerName(name, files);
  withoutStdout(() => app.domain(name).any('/*', serve).domain(''));
}

/**
 * Lends uWS, which takes nothing but paths, the texts of a certificate as files in memory: what is on disk may be another one by
 * now. Whether a client is asked for a certificate goes by the default one, which authorities are believed by the name's: so
 * all get the same.
 */
function withFiles<T>(
  { profile, clientCertificates }: ServerTls,
  { certPem, keyPem }: ServerCertificate,
  use: (files: TlsFiles) => T,
): T {
  const opened: number[] = [];
  const pathOf = (pem: string): string => {
    const bytes = Buffer.from(pem, 'latin1');
    const fd = createMemory(bytes.length);
    opened.push(fd);
    writeSync(fd, bytes);
    return `/proc/self/fd/${fd}`;
  };
  try {
    return use({
      cert_file_name: pathOf(certPem),
      key_file_name: pathOf(keyPem),
      ssl_ciphers: CIPHERS[profile],
      ...(clientCertificates === null ? {} : { ca_file_name: pathOf(clientCertificates.authorities.pem) }),
    });
  } finally {
    for (const fd of opened) closeFd(fd);
  }
}
