/** Certificates made with the openssl command line for one test, so that no key is ever committed and none expires. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Lifetime } from './lifetime.ts';
import { tempDir } from './temp-dir.ts';

/** A certificate with its key: paths for a config, PEM texts for `node:tls`. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** Issues a server certificate for host names and addresses, valid for a day. */
  issue(...hosts: readonly string[]): Certificate;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes a certificate authority that nothing but the test knows. Its files are gone when the lifetime ends. */
export function certificateAuthority(lifetime: Lifetime): Authority {
  const folder = tempDir(lifetime);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const read = (stem: string): Certificate => {
    const [certPath, keyPath] = [join(folder, `${stem}.pem`), join(folder, `${stem}.key`)];
    return { certPath, keyPath, cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
  };

  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '1',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );

  let issued = 0;
  const issue = (...hosts: readonly string[]): Certificate => {
    const stem = `leaf-${++issued}`;
    const names = hosts.map((host) => (isIP(host) ? `IP:${host}` : `DNS:${host}`));
    writeFileSync(join(folder, `${stem}.ext`), `subjectAltName=${names.join(',')}\nbasicConstraints=CA:FALSE\n`);
    openssl('req', '-new', ...NEW_KEY, '-subj', `/CN=${hosts[0]}`, '-keyout', `${stem}.key`, '-out', `${stem}.csr`);
    openssl(
      ...['x509', '-req', '-in', `${stem}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '1', '-extfile', `${stem}.ext`, '-out', `${stem}.pem`],
    );
    return read(stem);
  };
  return { ...read('ca'), issue };
}
