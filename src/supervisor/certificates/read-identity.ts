import { createPrivateKey } from 'node:crypto';
import { readCertificates, USABLE_KEYS, whyUnusable } from '../../config/certificates.ts';
import type { IdentityFiles } from '../../config/compiled-tls.ts';
import { readPem } from '../../config/pem-files.ts';
import { describeReadError } from '../../config/source/read-source.ts';
import type { Identity } from '../../identities.ts';

/**
 * Reads a certificate and its key.
 *
 * @throws Error in a sentence that names the file: one cannot be read, is not what it should be, or the two do not belong together
 */
export function readIdentity({ cert, key }: IdentityFiles): Identity {
  const certPem = read(cert);
  const keyPem = read(key);
  const [certificate] = parse(cert, 'a certificate', () => readCertificates(certPem));
  const privateKey = parse(key, 'a private key without passphrase', () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(privateKey))
    throw new Error(`${key} does not belong to the certificate in ${cert}, expected its private key`);
  const problem = whyUnusable(privateKey);
  if (problem !== null) throw new Error(`${key} is ${problem}, expected ${USABLE_KEYS}`);
  return { cert, key, certPem, keyPem };
}

function read(file: string): string {
  try {
    return readPem(file);
  } catch (error) {
    throw new Error(`${file}: ${describeReadError(error)}`);
  }
}

/** What the parser says of a key is not passed on. */
function parse<T>(file: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new Error(`${file} cannot be used, expected a PEM file with ${expected}`);
  }
}
