import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import type { CompiledGlobals } from '../../../src/config/compiled.ts';
import type { Identity } from '../../../src/identities.ts';
import { Certificates } from '../../../src/supervisor/certificates/certificates.ts';
import { type Certificate, certificateAuthority } from '../../support/certificates.ts';
import { tempDir } from '../../support/temp-dir.ts';

const authority = certificateAuthority({ after });
const [first, second] = [authority.issue('a.test'), authority.issue('a.test')];

/** The part of a config that names certificates: one for so many hosts. */
function globalsOf(folder: string, hosts = 1): Pick<CompiledGlobals, 'listeners' | 'upstreams'> {
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const names = Array.from({ length: hosts }, (_, index) => `h${index}.test`);
  const tls = { profile: 'modern', certificates: [{ hosts: names, ...files }], clientCertificates: null };
  return { listeners: [{ name: 'public', tls }], upstreams: [] } as unknown as CompiledGlobals;
}

function install(folder: string, { certPath, keyPath }: Certificate): void {
  copyFileSync(certPath, join(folder, 'tls.crt'));
  copyFileSync(keyPath, join(folder, 'tls.key'));
}

function start(t: TestContext) {
  const given: Identity[] = [];
  const said: string[] = [];
  let replaced = 0;
  const certificates = new Certificates({
    give: async (identities) => void given.push(...identities),
    reload: async () => true,
    replaceAcceptors: () => replaced++,
    report: (message) => said.push(message),
  });
  t.after(() => certificates.close());
  return { certificates, given, said, replacedTimes: () => replaced };
}

describe('the certificates of a gateway', () => {
  it('are given to acceptors when they are new, and not when they are the same', async (t) => {
    const folder = tempDir(t);
    const { certificates, given } = start(t);
    install(folder, first);
    assert.equal(await certificates.prepare(globalsOf(folder)), null);
    assert.equal(await certificates.prepare(globalsOf(folder)), null);
    install(folder, second);
    assert.equal(await certificates.prepare(globalsOf(folder)), null);
    assert.deepEqual(
      given.map(({ certPem, keyPem }) => [certPem, keyPem]),
      [first, second].map(({ cert, key }) => [cert, key]),
    );
  });

  it('keep a config from being served when they never could be used, and go on when they could once', async (t) => {
    const folder = tempDir(t);
    const { certificates, given, said } = start(t);
    install(folder, first);
    rmSync(join(folder, 'tls.key'));
    assert.match((await certificates.prepare(globalsOf(folder)))!, /tls\.key: no such file/);
    copyFileSync(second.keyPath, join(folder, 'tls.key'));
    assert.match((await certificates.prepare(globalsOf(folder)))!, /tls\.key does not belong to the certificate in/);
    install(folder, first);
    assert.equal(await certificates.prepare(globalsOf(folder)), null);
    certificates.use(globalsOf(folder));
    writeFileSync(join(folder, 'tls.crt'), 'no certificate');
    assert.equal(await certificates.prepare(globalsOf(folder)), null);
    assert.match(said.join(), /is not renewed, the one before goes on\. .*tls\.crt cannot be used/);
    assert.match(certificates.statuses[0]!.lastError!.message, /tls\.crt cannot be used/);
    assert.deepEqual([given.length, certificates.identities.get(given[0]!)!.certPem], [1, first.cert]);
  });

  it('have acceptors replaced that hold too many of earlier ones', async (t) => {
    const folder = tempDir(t);
    const { certificates, replacedTimes } = start(t);
    const globals = globalsOf(folder, 2499);
    install(folder, first);
    await certificates.prepare(globals);
    certificates.use(globals);
    for (const [certificate, expected] of [
      [second, 0],
      [first, 1],
      [second, 1],
      [first, 2],
    ] as const) {
      install(folder, certificate);
      await certificates.prepare(globals);
      assert.equal(replacedTimes(), expected);
    }
  });
});
