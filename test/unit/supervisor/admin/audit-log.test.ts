import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type AuditLine, AuditLog } from '../../../../src/supervisor/admin/audit-log.ts';
import { isFromWebPage } from '../../../../src/supervisor/admin/browser-guard.ts';
import { LineLimit } from '../../../../src/supervisor/admin/line-limit.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const line = (request: number): AuditLine => ({
  ...{
    at: '2026-11-21T10:00:00.000Z',
    request,
    who: 'a',
    role: 'operator',
    from: null,
    method: 'POST',
    path: '/reload',
  },
  ...{ what: { why: 'two\nlines' }, why: 'two\nlines', outcome: 'begun', status: null, leftOut: 0 },
});

describe('the audit log', () => {
  it('has a line for each, in the order they came, and goes on in a new file when it is rotated', async (t) => {
    const path = join(tempDir(t), 'audit.ndjson');
    const log = new AuditLog(path);
    await Promise.all([1, 2, 3, 4, 5].map((request) => log.write(line(request))));
    renameSync(path, `${path}.1`);
    await log.write(line(6));
    const requests = (file: string) =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((text) => (JSON.parse(text) as AuditLine).request);
    assert.deepEqual([requests(`${path}.1`), requests(path)], [[1, 2, 3, 4, 5], [6]]);
  });

  it('says so when the disk does not take a line', async (t) => {
    await assert.rejects(new AuditLog('/dev/full').write(line(1)), /audit log \/dev\/full cannot be written: ENOSPC/);
    await assert.rejects(new AuditLog(join(tempDir(t), 'no', 'such')).write(line(1)), /ENOENT/);
  });
});

describe('lines about strangers', () => {
  it('are so many at once, then one in a while; the rest is counted', () => {
    let now = 0;
    const limit = new LineLimit(2, 100, () => now);
    const take = (times: number) => Array.from({ length: times }, () => limit.take()).filter(Boolean).length;
    assert.equal(take(5), 2);
    assert.deepEqual([limit.takeLeftOut(), limit.takeLeftOut()], [3, 0]);
    now = 250;
    assert.equal(take(5), 2);
    now = 299;
    assert.equal(take(1), 0);
    now = 1_000_000;
    assert.equal(take(5), 2);
  });
});

describe('a request of a web page', () => {
  it('is told by where it comes from, or by whom it thinks it speaks to', () => {
    for (const host of [
      '127.0.0.1:9901',
      'localhost:9901',
      'LOCALHOST',
      'a.localhost:1',
      '[::1]:9901',
      '127.9.9.9',
      undefined,
    ])
      assert.equal(isFromWebPage({ host }), false, host);
    for (const host of ['evil.test', '127.0.0.1.evil.test', 'localhost.evil.test:9901', '10.0.0.1', '127.0.0', ''])
      assert.equal(isFromWebPage({ host }), true, host);
    assert.equal(isFromWebPage({ host: 'localhost', origin: 'http://localhost' }), true);
    assert.equal(isFromWebPage({ host: 'localhost', 'sec-fetch-site': 'same-site' }), true);
    assert.equal(isFromWebPage({ host: 'localhost', 'sec-fetch-site': 'none' }), false, 'typed by a person');
  });
});
