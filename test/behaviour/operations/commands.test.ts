/** What operators type, against a gateway that runs. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { diff } from '../../../src/cli/diff.ts';
import { history } from '../../../src/cli/live/history.ts';
import { levers } from '../../../src/cli/live/levers.ts';
import { pull } from '../../../src/cli/live/pull.ts';
import { purgeCache } from '../../../src/cli/live/purge-cache.ts';
import { release } from '../../../src/cli/live/release.ts';
import { reload } from '../../../src/cli/live/reload.ts';
import { rollback } from '../../../src/cli/live/rollback.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { steadyLoad } from '../../support/steady-load.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { configOf, OperatedGateway, saying } from './operated-gateway.ts';

const file = fileLifetime();
const KEY = 'a-key-of-the-gateways-own-machine';
let operated: OperatedGateway;

function config(text: string) {
  return configOf([saying(text)], { consumers: { shop: { keys: [`\${env:SHOP_KEY}`] } } });
}

before(async () => {
  operated = await OperatedGateway.start(file, config('one'), { env: { SHOP_KEY: KEY } });
});

describe('penstock reload, history and rollback', () => {
  it('make a change, list it and undo it', async () => {
    operated.write(config('two'));
    const reloaded = await operated.run(reload, ['--why', 'two it is']);
    assert.deepEqual([reloaded.status, reloaded.stderr], [0, '']);
    assert.match(reloaded.stdout, /^live on every acceptor after \d\.\d\d s: snapshot [0-9a-f]{12}, generation 2\n$/);
    const listed = await operated.run(history, []);
    assert.match(listed.stdout, /\n\* +2 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}[0-9a-f]{12} .* 1 {2}api +two it is\n/);
    const first = /\n +1 .*? {2}([0-9a-f]{12})/.exec(listed.stdout)![1]!;
    assert.equal((await operated.run(rollback, [first])).status, 0);
    assert.deepEqual([...(await operated.answers())], ['200 one']);
    assert.equal((await operated.run(rollback, [])).status, 0, 'to the one before');
    assert.deepEqual([...(await operated.answers())], ['200 two']);
  });

  it('say what is wrong, and exit with 1', async () => {
    operated.write('version: 1\nlisteners: 5\n');
    const refused = await operated.run(reload, []);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /Generation \d+ goes on\.\n.*penstock\.yaml:2:12: /);
    assert.equal((await operated.run(rollback, ['0123456789ab'])).status, 1);
    assert.equal((await operated.run(rollback, ['here'])).status, 1);
  });

  it('are not to be misused', async () => {
    for (const args of [['--canary', '0'], ['--canary', '100%'], ['--for', '60s'], ['--min-requests', '5'], ['x']])
      assert.equal((await operated.run(reload, args)).status, 2, args.join(' '));
    assert.equal((await operated.run(history, ['--limit', '0'])).status, 2);
    assert.equal((await operated.run(rollback, ['a', 'b'])).status, 2);
  });
});

describe('penstock reload --canary', () => {
  it('waits, and prints the verdict with what it rests on', async (t) => {
    steadyLoad(t, { port: operated.gateway.portOf('public'), keepAlive: 1, newConnections: 4 });
    operated.write(config('three'));
    const promoted = await operated.run(reload, ['--canary', '50%', '--for', '700ms', '--min-requests', '10']);
    assert.equal(promoted.status, 0, promoted.stderr);
    assert.match(promoted.stdout, /^canary on 1 acceptor, 1 s to go: /);
    assert.match(promoted.stdout, /\npromoted: \d+ requests broke no rule\n\nroute +canary +failed/);
    assert.match(promoted.stdout, /\nsay-three /);
    const few = await operated.run(reload, ['--canary', '1', '--for', '100ms', '--min-requests', '999999']);
    assert.equal(few.status, 1);
    assert.match(few.stdout, /\naborted: too little traffic to judge it by: /);
    const wrong = await operated.run(reload, ['--canary', '1', '--abort-on', 'luck>3']);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /luck>3/);
  });
});

describe('penstock pull, levers and release', () => {
  it('change something by hand, list it and undo it', async () => {
    assert.match((await operated.run(levers, [])).stdout, /no lever is pulled/);
    const pulled = await operated.run(pull, ['kill-route', 'say-three', '--why', 'a fire', '--for', '10m']);
    assert.equal(pulled.status, 0, pulled.stderr);
    assert.deepEqual([...(await operated.answers())], ['503 route_disabled']);
    const listed = await operated.run(levers, []);
    assert.match(listed.stdout, /^lever .*\n[0-9a-f]{6} +kill-route say-three +.* an operator +a fire\n$/);
    const id = listed.stdout.split('\n')[1]!.slice(0, 6);
    assert.equal((await operated.run(release, [id])).stdout, 'released: kill-route say-three\n');
    assert.deepEqual([...(await operated.answers())], ['200 three']);
    assert.equal((await operated.run(release, [id])).status, 1);
    assert.equal(
      (await operated.run(purgeCache, ['--prefix', '/'])).stdout,
      '0 stored responses dropped by 2 acceptors\n',
    );
  });

  it('are not to be misused', async () => {
    const why = ['--why', 'x'];
    for (const args of [
      ['kill-route', 'a'],
      ['explode', ...why],
      ['limit', 'a', ...why],
      ['kill-route', 'a', 'b', ...why],
    ])
      assert.equal((await operated.run(pull, args)).status, 2, args.join(' '));
    assert.equal((await operated.run(pull, ['limit', 'say-three', '5', ...why])).status, 1);
    assert.equal((await operated.run(purgeCache, [])).status, 1);
  });
});

describe('penstock diff live', () => {
  it('tells what a config would change, although its secrets are not known here', async () => {
    const path = join(tempDir(file), 'new.yaml');
    writeFileSync(path, JSON.stringify(config('four')));
    const changed = await operated.run(diff, ['live', path]);
    assert.equal(changed.status, 1, changed.stderr);
    assert.match(changed.stdout, /say-four/);
    assert.match(changed.stderr, /not known here.*: \$\{env:SHOP_KEY\}\n/);
    assert.ok(!`${changed.stdout}${changed.stderr}`.includes(KEY));
    writeFileSync(path, JSON.stringify(config('three')));
    assert.equal((await operated.run(diff, ['live', path])).status, 0);
  });

  it('cannot be had where nobody answers', async () => {
    const { status, stderr } = await operated.run(diff, ['live', '/nowhere/at-all.yaml']);
    assert.deepEqual([status, stderr.includes('no such file')], [2, true]);
  });
});
