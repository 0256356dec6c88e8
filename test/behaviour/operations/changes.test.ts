import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { HistoryEntry } from '../../../src/supervisor/history/history-entry.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { configOf, OperatedGateway, saying } from './operated-gateway.ts';

const file = fileLifetime();
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

  it('to a snapshot that is not there is refused', async () => {
    assert.equal((await operated.ask('POST', '/rollback', { id: '0123456789ab' })).status, 404);
    assert.equal((await operated.ask('POST', '/rollback', { id: '../../../etc' })).status, 400);
    assert.equal((await operated.ask('GET', '/history/..%2f..%2fkey/files')).status, 404);
  });
});

describe('a change on the command line', () => {
  it('is made, listed and undone', async () => {
    operated.write(configOf([saying('three')]));
    const reloaded = await operated.command(['reload', '--why', 'three it is']);
    assert.deepEqual([reloaded.status, reloaded.stderr], [0, '']);
    assert.match(reloaded.stdout, /^live on every acceptor after \d\.\d\d s: snapshot [0-9a-f]{12}, generation 4\n$/);
    assert.deepEqual([...(await operated.answers())], ['200 three']);
    const listed = await operated.command(['history']);
    assert.match(listed.stdout, /\n\* +5 .* published +1 {2}api +three it is\n/);
    const { entries } = await history();
    const two = entries.find(({ cause }) => cause.why === 'to say two')!.id!;
    const back = await operated.command(['rollback', two]);
    assert.equal(back.status, 0, back.stderr);
    assert.deepEqual([...(await operated.answers())], ['200 two']);
  });

  it('that is refused exits with 1, and says why', async () => {
    operated.write('version: 1\nlisteners: 5\n');
    const { status, stderr } = await operated.command(['reload']);
    assert.equal(status, 1);
    assert.match(stderr, /penstock\.yaml:2:12: /);
  });
});
