/** Checks of certificate files: there, readable, PEM, and each key the one of its certificate. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConfigPath } from './diagnostics.ts';
import type { Report } from './report.ts';
import type { Listener } from './schema/schema.ts';
import { besideSource } from './source/beside-source.ts';
import { describeReadError } from './source/read-source.ts';
import type { Source } from './source/source.ts';

type ListenerTls = NonNullable<Listener['tls']>;

export function checkListenerTls(tls: ListenerTls, path: ConfigPath, source: Source, report: Report): void {
  for (const [index, { hosts, cert, key }] of tls.certificates.entries()) {
    const at: ConfigPath = [...path, 'certificates', index];
    const certificate = readPem(cert, [...at, 'cert'], source, report, parseCertificate, 'a certificate');
    const privateKey = readPem(
      key,
      [...at, 'key'],
      source,
      report,
      createPrivateKey,
      'a private key without passphrase',
    );
    if (certificate === null) continue;
    if (privateKey !== null && !certificate.checkPrivateKey(privateKey)) {
      report.error([...at, 'key'], '{value} does not belong to the certificate beside it, expected its private key');
    }
    checkValidity(certificate, [...at, 'cert'], report);
    for (const [host, name] of hosts.entries()) {
      if (certificate.checkHost(name.replace(/^\*/, 'any')) !== undefined) continue;
      report.warning(
        [...at, 'hosts', host],
        '{value} is not among the names of the certificate, expected clients to refuse it',
      );
    }
  }
}

/** A bundle of trusted certificates. */
export function checkUpstreamTls(ca: string, path: ConfigPath, source: Source, report: Report): void {
  readPem(ca, path, source, report, parseCertificate, 'a certificate');
}

function checkValidity(certificate: X509Certificate, path: ConfigPath, report: Report): void {
  const now = Date.now();
  if (Date.parse(certificate.validTo) < now)
    report.warning(path, `{value} expired on ${certificate.validTo}, expected a valid one`);
  if (Date.parse(certificate.validFrom) > now)
    report.warning(path, `{value} is not valid before ${certificate.validFrom}, expected a valid one`);
}

function parseCertificate(pem: Buffer): X509Certificate {
  return new X509Certificate(pem);
}

function readPem<T>(
  file: string,
  path: ConfigPath,
  source: Source,
  report: Report,
  parse: (pem: Buffer) => T,
  expected: string,
): T | null {
  let pem: Buffer;
  try {
    pem = readFileSync(besideSource(source, path, file));
  } catch (error) {
    report.error(path, `{value}: ${describeReadError(error)}`);
    return null;
  }
  try {
    return parse(pem);
  } catch {
    report.error(path, `{value} cannot be used, expected a PEM file with ${expected}`);
    return null;
  }
}
