/** Checks of certificate files: there, readable, PEM, in order, in time, and each key the one of its certificate. */
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { daysUntil, expiresSoon, readCertificates, USABLE_KEYS, whyUnusable } from './certificates.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { PemFiles } from './pem-files.ts';
import type { Report } from './report.ts';
import type { Listener, Upstream } from './schema/schema.ts';
import { besideSource } from './source/beside-source.ts';
import { describeReadError } from './source/read-source.ts';
import type { Source } from './source/source.ts';

type ListenerTls = NonNullable<Listener['tls']>;
type UpstreamTls = NonNullable<Upstream['tls']>;
type Chain = ReturnType<typeof readCertificates>;

/** Shorter RSA keys are refused by most clients. */
const LEAST_RSA_BITS = 2048;

/** Checks the TLS files of one config. */
export class TlsCheck {
  readonly #source: Source;
  readonly #files: PemFiles;
  readonly #report: Report;

  constructor(source: Source, files: PemFiles, report: Report) {
    this.#source = source;
    this.#files = files;
    this.#report = report;
  }

  listener({ certificates, clientCertificates }: ListenerTls, path: ConfigPath): void {
    const named = new Map<string, ConfigPath>();
    for (const [index, { hosts, cert, key }] of certificates.entries()) {
      const at: ConfigPath = [...path, 'certificates', index];
      for (const [host, name] of hosts.entries()) this.#report.repeated(named, name, [...at, 'hosts', host]);
      const chain = this.#identity(cert, key, at);
      if (chain !== null) this.#checkHosts(chain[0], hosts, at);
    }
    if (clientCertificates === undefined) return;
    this.#authorities(clientCertificates.ca, [...path, 'clientCertificates', 'ca']);
  }

  upstream({ ca, cert, key }: UpstreamTls, path: ConfigPath): void {
    if (ca !== undefined) this.#authorities(ca, [...path, 'ca']);
    if (cert !== undefined && key !== undefined) this.#identity(cert, key, path);
    else if (cert !== undefined)
      this.#report.error([...path, 'cert'], 'cert stands without key, expected both or neither', 'key');
    else if (key !== undefined)
      this.#report.error([...path, 'key'], 'key stands without cert, expected both or neither', 'key');
  }

  #authorities(file: string, path: ConfigPath): void {
    const chain = this.#read(file, path, readCertificates, 'a certificate');
    if (chain === null) return;
    for (const certificate of chain) this.#checkValidity(certificate, path);
    if (!chain.some(({ ca }) => ca))
      this.#report.warning(
        path,
        'no certificate in {value} is that of an authority, expected one that others are signed with',
      );
  }

  /** Null when what else there is to say would be of another certificate than the one that is meant. */
  #identity(cert: string, key: string, at: ConfigPath): Chain | null {
    const chain = this.#read(cert, [...at, 'cert'], readCertificates, 'a certificate');
    const own = this.#read(key, [...at, 'key'], createPrivateKey, 'a private key without passphrase');
    if (own !== null) this.#checkKey(own, [...at, 'key']);
    if (chain !== null && own !== null && !chain[0].checkPrivateKey(own)) {
      this.#reportMismatch(chain, own, at);
      return null;
    }
    if (chain !== null) this.#checkChain(chain, [...at, 'cert']);
    return chain;
  }

  #reportMismatch(chain: Chain, key: KeyObject, at: ConfigPath): void {
    const place = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
    if (place === -1)
      this.#report.error(
        [...at, 'key'],
        '{value} does not belong to the certificate beside it, expected its private key',
      );
    else
      this.#report.error(
        [...at, 'cert'],
        `in {value} the certificate of the key is number ${place + 1}, expected it first and those that lead to its authority behind it`,
      );
  }

  /** Clients that are strict about the order of a chain (RFC 8446, section 4.4.2) fail without saying why. */
  #checkChain(chain: Chain, path: ConfigPath): void {
    for (const certificate of chain) this.#checkValidity(certificate, path);
    const stray = chain.findIndex((certificate, index) => index > 0 && !chain[index - 1]!.checkIssued(certificate));
    if (stray === -1) return;
    this.#report.warning(
      path,
      `certificate ${stray + 1} in {value} did not issue the one before it, expected each to be followed by its issuer`,
    );
  }

  #checkKey(key: KeyObject, path: ConfigPath): void {
    const problem = whyUnusable(key);
    if (problem !== null) this.#report.error(path, `{value} is ${problem}, expected ${USABLE_KEYS}`);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
    if (bits < LEAST_RSA_BITS)
      this.#report.warning(
        path,
        `{value} has ${bits} bits, expected ${LEAST_RSA_BITS} or more: many clients refuse it`,
      );
  }

  #checkHosts(certificate: X509Certificate, hosts: readonly string[], at: ConfigPath): void {
    for (const [host, name] of hosts.entries()) {
      if (certificate.checkHost(name.replace(/^\*/, 'any')) !== undefined) continue;
      this.#report.warning(
        [...at, 'hosts', host],
        '{value} is not among the names of the certificate, expected clients to refuse it',
      );
    }
  }

  #checkValidity(certificate: X509Certificate, path: ConfigPath): void {
    const { validFrom, validTo } = certificate;
    const [now, notBefore, notAfter] = [Date.now(), Date.parse(validFrom), Date.parse(validTo)];
    if (notAfter < now) this.#report.warning(path, `{value} expired on ${validTo}, expected a valid one`);
    else if (notBefore > now)
      this.#report.warning(path, `{value} is not valid before ${validFrom}, expected a valid one`);
    else if (expiresSoon(now, { notBefore, notAfter }))
      this.#report.warning(
        path,
        `{value} expires on ${validTo}, in ${daysUntil(now, notAfter)} days, expected it to be renewed by now`,
      );
  }

  #read<T>(file: string, path: ConfigPath, parse: (pem: string) => T, expected: string): T | null {
    if (file.includes('-----BEGIN')) {
      this.#report.error(path, '{path} holds a PEM text, expected the path of a file with it');
      return null;
    }
    let pem: string;
    try {
      pem = this.#files.read(besideSource(this.#source, path, file));
    } catch (error) {
      this.#report.error(path, `{value}: ${describeReadError(error)}`);
      return null;
    }
    try {
      return parse(pem);
    } catch {
      this.#report.error(path, `{value} cannot be used, expected a PEM file with ${expected}`);
      return null;
    }
  }
}
