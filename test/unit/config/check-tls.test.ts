/** What is said of certificate files: each fault at its place, and never a word of a key. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { tempDir } from '../../support/temp-dir.ts';

const lifetime = { after };
const folder = tempDir(lifetime);
const authority = certificateAuthority(lifetime);
const leaf = authority.issue('a.test');
const other = authority.issue('b.test');

const write = (name: string, ...texts: readonly string[]): string => {
  writeFileSync(join(folder, name), texts.join(''));
  return name;
};

/** A certificate that signs itself, valid from some days after today to others. */
function selfSigned(stem: string, days: readonly [from: number, to: number], ...newKey: readonly string[]): void {
  const at = (day: number): string =>
    new Date(Date.now() + day * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  const files = ['-keyout', `${stem}.key`, '-out', `${stem}.csr`];
  const key = newKey.length > 0 ? newKey : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const run = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  run('req', '-new', ...key, '-nodes', '-subj', '/CN=a.test', '-addext', 'subjectAltName=DNS:a.test', ...files);
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'ca.cnf'), CA_CONFIG);
  const times = ['-startdate', `${at(days[0])}Z`, '-enddate', `${at(days[1])}Z`];
  run(
    'ca',
    '-config',
    'ca.cnf',
    '-batch',
    '-selfsign',
    '-rand_serial',
    ...times,
    '-keyfile',
    `${stem}.key`,
    '-in',
    `${stem}.csr`,
    '-out',
    `${stem}.pem`,
  );
}

const CA_CONFIG = `[ca]
default_ca = c
[c]
database = index.txt
serial = serial
new_certs_dir = .
default_md = default
policy = p
copy_extensions = copy
unique_subject = no
[p]
commonName = supplied
`;

/** What is said of one certificate of a listener, or of other settings of TLS. */
function said(cert: string, key: string, more = '', upstream = ''): string[] {
  const file = join(folder, 'penstock.yaml');
  const certificate = `{ hosts: [a.test], cert: ${cert}, key: ${key} }`;
  const listener = `{ name: a, address: 127.0.0.1:1, tls: { certificates: [${certificate}] ${more} } }`;
  const upstreams = `\nupstreams: { u: { endpoints: [https://a.test], tls: { ${upstream} } } }`;
  writeFileSync(file, `version: 1\nlisteners: [${listener}]${upstream === '' ? '' : upstreams}\n`);
  return loadConfig(file, {}).diagnostics.map((diagnostic) =>
    formatDiagnostic(diagnostic)
      .slice(folder.length + 1)
      .replace(/^(penstock\.yaml:\d+):\d+/, '$1'),
  );
}

write('a.pem', leaf.cert);
write('a.key', leaf.key);
write('b.key', other.key);
write('ca.pem', authority.cert);

describe('checks of certificate files', () => {
  it('have nothing against a chain in its order', () => {
    assert.deepEqual(said(write('chain.pem', leaf.cert, authority.cert), 'a.key'), []);
  });

  it('name the key that belongs to another certificate, and the certificate that is not first', () => {
    assert.deepEqual(said('a.pem', 'b.key'), [
      'penstock.yaml:2: "b.key" does not belong to the certificate beside it, expected its private key',
    ]);
    assert.deepEqual(said(write('turned.pem', authority.cert, leaf.cert), 'a.key'), [
      'penstock.yaml:2: in "turned.pem" the certificate of the key is number 2, expected it first and those that lead to its authority behind it',
    ]);
  });

  it('warn of a chain with a stranger in it', () => {
    assert.deepEqual(said(write('stray.pem', leaf.cert, other.cert), 'a.key'), [
      'penstock.yaml:2: warning: certificate 2 in "stray.pem" did not issue the one before it, expected each to be followed by its issuer',
    ]);
  });

  it('warn of certificates that have expired, are to be renewed, or are of the future; not of those made for a short life', () => {
    for (const [stem, days, expected] of [
      ['past', [-30, -1], [/expired on .*, expected a valid one/]],
      ['soon', [-76, 9], [/expires on .*, in [89] days, expected it to be renewed by now/]],
      ['future', [2, 90], [/is not valid before .*, expected a valid one/]],
      ['short', [-1, 6], []],
      ['good', [-1, 89], []],
    ] as const) {
      selfSigned(stem, days);
      const messages = said(`${stem}.pem`, `${stem}.key`);
      assert.equal(messages.length, expected.length, messages.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(messages[index]!, pattern);
    }
  });

  it('refuse kinds of keys that uWebSockets.js does not know, and warn of weak ones', () => {
    for (const [stem, newKey, expected] of [
      ['ed448', ['-newkey', 'ed448'], /is a key of the kind ed448, expected RSA, Ed25519, or ECDSA on P-256/],
      ['k1', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], /is a key on the curve secp256k1, expected/],
      ['weak', ['-newkey', 'rsa:1024'], /warning: "weak.key" has 1024 bits, expected 2048 or more/],
    ] as const) {
      selfSigned(stem, [-1, 89], ...newKey);
      assert.match(said(`${stem}.pem`, `${stem}.key`).join('\n'), expected);
    }
  });

  it('tell a PEM text from a path without repeating it', () => {
    const text = JSON.stringify(leaf.key);
    assert.deepEqual(said('a.pem', text), [
      'penstock.yaml:2: listeners[0].tls.certificates[0].key holds a PEM text, expected the path of a file with it',
    ]);
  });

  it('want authorities of clients that can be read, and a certificate of the gateway with its key', () => {
    const missing = ', clientCertificates: { ca: missing.pem }';
    assert.deepEqual(said('a.pem', 'a.key', missing), [
      'penstock.yaml:2: "missing.pem": no such file, expected a readable one',
    ]);
    assert.match(
      said('a.pem', 'a.key', ', clientCertificates: { ca: a.pem }').join(),
      /warning: no certificate in "a.pem" is that of an authority/,
    );
    assert.match(
      said('a.pem', 'a.key', ', clientCertificates: { ca: ca.pem, forward: Host }').join(),
      /is written by the gateway itself/,
    );
    assert.deepEqual(said('a.pem', 'a.key', '', 'cert: a.pem'), [
      'penstock.yaml:3: cert stands without key, expected both or neither',
    ]);
    assert.match(
      said('a.pem', 'a.key', '', 'cert: a.pem, key: b.key').join(),
      /"b.key" does not belong to the certificate/,
    );
    assert.deepEqual(
      said('a.pem', 'a.key', ', clientCertificates: { ca: ca.pem }', 'ca: ca.pem, cert: a.pem, key: a.key'),
      [],
    );
  });

  it('never quote what is in a file', () => {
    const secret = leaf.key.split('\n')[1]!;
    for (const messages of [said('a.key', 'a.key'), said('a.pem', 'b.key')])
      assert.ok(!messages.join().includes(secret));
    assert.ok(readFileSync(join(folder, 'a.key'), 'utf8').includes(secret));
  });
});
