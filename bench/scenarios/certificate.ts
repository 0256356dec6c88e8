import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const ARGS = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/**
 * Makes a certificate of its own, ECDSA on P-256, with the openssl command line.
 *
 * @param folder where it may leave its files
 */
export function makeCertificate(folder: string, host: string): Certificate {
  const [cert, key] = [join(folder, 'made.pem'), join(folder, 'made.key')];
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  execFileSync('openssl', [...ARGS, ...names, '-keyout', key, '-out', cert], { stdio: ['ignore', 'ignore', 'pipe'] });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
