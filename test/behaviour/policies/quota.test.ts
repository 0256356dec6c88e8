/** Quotas of a whole gateway: never more than there is, whoever is killed and started again. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { type RecordingOrigin, recordingOrigin } from '../../support/recording-origin.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { get, outcomeOf, policyGateway } from './policy-gateway.ts';

const file = fileLifetime();
let origin: RecordingOrigin;

before(async () => {
  origin = await recordingOrigin(file);
});

function start(lifetime: Lifetime, store: string, limit: number, more: object = {}) {
  const routes = { '/q': [{ quota: { limit, per: 'month', by: 'route', ...more } }] };
  return policyGateway(lifetime, { upstream: origin.url, routes, runtime: { acceptors: 2, quotaStore: store } });
}

async function admitted(lifetime: Lifetime, port: number, requests: number): Promise<number> {
  let count = 0;
  for (let sent = 0; sent < requests; sent += 8) {
    const batch = Array.from({ length: 8 }, () => get(lifetime, port, '/q/a'));
    for (const response of await Promise.all(batch)) {
      if (response.status === 200) count++;
      else assert.equal(outcomeOf(response), '429 quota_exceeded');
    }
  }
  return count;
}

describe('quota', () => {
  it('gives out all there is and no more over two acceptors, and goes on where it was after SIGTERM', async (t) => {
    const store = join(tempDir(t), 'quotas');
    const first = await start(t, store, 40);
    const response = await get(t, first.portOf('public'), '/q/a');
    assert.match(response.header('ratelimit-policy')!, /^"month";q=40;w=\d+$/);
    assert.match(response.header('ratelimit')!, /^"month";r=39;t=\d+$/);
    assert.equal(await admitted(t, first.portOf('public'), 24), 24);
    assert.equal((await first.stop()).code, 0);
    const second = await start(t, store, 40);
    assert.equal(await admitted(t, second.portOf('public'), 40), 15);
    const refused = await get(t, second.portOf('public'), '/q/a');
    assert.ok(Number(refused.header('retry-after')) > 0);
    assert.match(refused.header('ratelimit')!, /;r=0;/);
    assert.equal(statSync(store).mode & 0o777, 0o700);
  });

  it('gives back on a drain what was taken beforehand: leases of 4 from 1024', async (t) => {
    const store = join(tempDir(t), 'quotas');
    for (let run = 0; run < 3; run++) {
      const gateway = await start(t, store, 1024);
      const response = await get(t, gateway.portOf('public'), '/q/a');
      assert.match(response.header('ratelimit')!, new RegExp(`;r=${1023 - run};`));
      assert.equal((await gateway.stop()).code, 0);
    }
  });

  it('loses at most what was taken beforehand when everything is killed (SIGKILL)', async (t) => {
    const store = join(tempDir(t), 'quotas');
    let total = 0;
    for (let run = 0; run < 3; run++) {
      const gateway = await start(t, store, 60);
      total += await admitted(t, gateway.portOf('public'), run === 2 ? 64 : 16);
      gateway.kill();
      await gateway.exited();
    }
    assert.equal(total, 60, 'with leases of one nothing is lost');
  });

  it('a store that is no store, is cut off, or cannot be made: 503, or through when told so', async (t) => {
    const dir = tempDir(t);
    const cases: readonly (readonly [name: string, make: (store: string) => void])[] = [
      [
        'garbage',
        (store) => {
          mkdirSync(store);
          writeFileSync(join(store, 'data.mdb'), Buffer.alloc(40_000, 'garbage'));
        },
      ],
      ['a file', (store) => writeFileSync(store, '')],
      [
        'a pipe',
        (store) => {
          mkdirSync(store);
          execFileSync('mkfifo', [join(store, 'data.mdb')]);
        },
      ],
    ];
    for (const [name, make] of cases) {
      const store = join(dir, name.replace(' ', '-'));
      make(store);
      const gateway = await start(t, store, 10);
      assert.equal(outcomeOf(await get(t, gateway.portOf('public'), '/q/a')), '503 quota_unavailable', name);
      assert.match(gateway.stderr, /penstock: quotas cannot be kept in /);
      await gateway.stop();
    }
    const lenient = await start(t, join(dir, 'garbage'), 10, { onFailure: 'allow' });
    assert.equal(outcomeOf(await get(t, lenient.portOf('public'), '/q/a')), '200 -');
    await lenient.stop();

    const cut = join(dir, 'cut');
    const maker = await start(t, cut, 10);
    assert.equal(await admitted(t, maker.portOf('public'), 8), 8);
    await maker.stop();
    truncateSync(join(cut, 'data.mdb'), readFileSync(join(cut, 'data.mdb')).length - 5000);
    const after = await start(t, cut, 10);
    assert.equal(outcomeOf(await get(t, after.portOf('public'), '/q/a')), '503 quota_unavailable');
  });

  it('a disk without room for a new store: 503, and no acceptor dies of it', async (t) => {
    const disk = tempDir(t);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk]);
    if (mount.status !== 0) return t.skip('only who may mount has a disk to fill');
    try {
      const gateway = await start(t, join(disk, 'quotas'), 10);
      assert.equal(outcomeOf(await get(t, gateway.portOf('public'), '/q/a')), '503 quota_unavailable');
      assert.match(gateway.stderr, /penstock: quotas cannot be kept in .*ENOSPC/);
      assert.doesNotMatch(gateway.stderr, /SIGSEGV|SIGBUS/);
      await gateway.stop();
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });

  it('costs nothing where there is none: no store is made', async (t) => {
    const store = join(tempDir(t), 'quotas');
    const gateway = await policyGateway(t, {
      upstream: origin.url,
      routes: { '/q': [] },
      runtime: { quotaStore: store },
    });
    assert.equal((await get(t, gateway.portOf('public'), '/q/a')).status, 200);
    assert.equal(existsSync(store), false);
  });
});
