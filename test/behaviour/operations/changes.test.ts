import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Drift } from '../../../src/supervisor/drift.ts';
import type { HistoryEntry } from '../../../src/supervisor/history/history-entry.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { startGateway } from '../../support/gateway.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { configOf, OperatedGateway, saying } from './operated-gateway.ts';

const file = fileLifetime();
/** What is tried with it is the supervisor's. */
const ONE = { runtime: { acceptors: 1 } };
let operated: OperatedGateway;

interface Listed {
  readonly live: string;
  readonly entries: readonly (HistoryEntry & { isKept: boolean })[];
}

before(async () => {
  operated = await OperatedGateway.start(file, configOf([saying('one')]));
});

const history = async () => (await operated.ask<Listed>('GET', '/history')).body;

describe('a change over HTTP', () => {
  it('is live on every acceptor when it is answered, and undone by a rollback', async () => {
    operated.write(configOf([saying('two')]));
    const reloaded = await operated.ask('POST', '/reload', { why: 'to say two' });
    assert.deepEqual([reloaded.status, reloaded.body['generation']], [200, 2]);
    assert.deepEqual([...(await operated.answers())], ['200 two']);

    const back = await operated.ask('POST', '/rollback', { why: 'two was wrong' });
    assert.equal(back.status, 200);
    assert.deepEqual([...(await operated.answers())], ['200 one']);
    const { live, entries } = await history();
    assert.equal(live, back.body['id']);
    assert.deepEqual(
      entries.map(({ event, cause, isKept }) => [event, cause.kind, cause.why, isKept]),
      [
        ['rolled-back', 'api', 'two was wrong', true],
        ['published', 'api', 'to say two', true],
        ['published', 'start', null, true],
      ],
    );
  });

  it('that is not valid is refused with everything that is wrong, and changes nothing', async () => {
    operated.write('version: 1\nlisteners: 5\nroutes: 6\n');
    const { status, body } = await operated.ask<{ code: string; diagnostics: string[] }>('POST', '/reload');
    assert.deepEqual([status, body.code, body.diagnostics.length], [409, 'admin_refused', 2]);
    assert.match(body.diagnostics[0]!, /penstock\.yaml:2:12: .*5 is not a list/);
    assert.deepEqual([...(await operated.answers())], ['200 one']);
    assert.equal((await history()).entries[0]!.event, 'refused');
  });

  it('that needs a restart is refused', async () => {
    operated.write(configOf([saying('one')], { runtime: { acceptors: 1 } }));
    const { status, body } = await operated.ask<{ diagnostics: string[] }>('POST', '/reload');
    assert.equal(status, 409);
    assert.match(body.diagnostics[0]!, /cannot change while the gateway runs, expected a restart/);
  });

  it('to a snapshot that is not there is refused', async () => {
    assert.equal((await operated.ask('POST', '/rollback', { id: '0123456789ab' })).status, 404);
    assert.equal((await operated.ask('POST', '/rollback', { id: '../../../etc' })).status, 400);
    assert.equal((await operated.ask('GET', '/history/..%2f..%2fkey/files')).status, 404);
  });
});

describe('a gateway that is started again', () => {
  it('tells what became of its configurations before, and takes the last good one when the newest is broken', async (t) => {
    const state = tempDir(t);
    const folder = tempDir(t);
    const configPath = join(folder, 'penstock.yaml');
    const start = async () =>
      new OperatedGateway(
        await startGateway(t, configOf([saying('ignored')]) as never, { args: ['--state', state, '-c', configPath] }),
      );
    writeFileSync(configPath, JSON.stringify(configOf([saying('good')], ONE)));
    const first = await start();
    await first.ask('POST', '/reload', { why: 'nothing new' });
    const before = (await first.ask<Listed>('GET', '/history')).body;
    await first.gateway.stop();

    writeFileSync(configPath, 'version: 1\nroutes: broken\n');
    const second = await start();
    assert.deepEqual([...(await second.answers())], ['200 good']);
    const { live, entries } = (await second.ask<Listed>('GET', '/history')).body;
    assert.equal(live, before.live);
    assert.deepEqual(entries.slice(1), before.entries);
    const drift = (await second.ask<Drift>('GET', '/drift')).body;
    assert.deepEqual([drift.isDrifting, drift.source.snapshot], [true, null]);
    assert.match(drift.source.refusal!.message, /penstock\.yaml:2:9: /);
    writeFileSync(configPath, JSON.stringify(configOf([saying('better')], ONE)));
    assert.equal((await second.ask('POST', '/reload')).status, 200);
    assert.equal((await second.ask<Drift>('GET', '/drift')).body.isDrifting, false);
    const back = await second.ask<{ id: string }>('POST', '/rollback', { id: before.live });
    assert.equal(back.status, 200, 'over the restart');
    assert.deepEqual([...(await second.answers())], ['200 good']);
    const { reasons } = (await second.ask<Drift>('GET', '/drift')).body;
    assert.equal(reasons.length, 1);
    assert.match(reasons[0]!, new RegExp(`^The source's [0-9a-f]+ was rolled back; ${before.live} runs\\.$`));
  });
});
