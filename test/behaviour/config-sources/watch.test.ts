import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../../support/admin.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { answerOf, configOf, statusOf, TOKEN, textOf } from './answering-gateway.ts';

function startOn(lifetime: Lifetime, path: string): Promise<Gateway> {
  const source = ['--config', path, '--state', tempDir(lifetime), '--watch'];
  return startGateway(lifetime, configOf('unused'), { source });
}

const NAME = `\${file:name.txt}`;
const OTHER = `\${file:other.txt}`;

/** One that still watches would write down that its config is gone, into a folder that is being removed. */
async function stopBeforeFolders(gateway: Gateway): Promise<void> {
  gateway.kill();
  await gateway.exited();
}

/** As editors do: beside it, and then in its place. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}~`, text);
  renameSync(`${path}~`, path);
}

const becomes = (gateway: Gateway, answer: string) =>
  until(
    answer,
    () => answerOf(gateway),
    (found) => found === `/${answer}`,
  );
const generationOf = async (gateway: Gateway): Promise<number> => (await statusOf(gateway)).config.generation;

describe('a watched config', () => {
  it('is read again however its file is changed, and only when it says something else', async (t) => {
    const folder = tempDir(t);
    const path = join(folder, 'penstock.json');
    writeFileSync(path, textOf('first'));
    const gateway = await startOn(t, path);
    assert.equal(await answerOf(gateway), '/first');

    replace(path, textOf('renamed'));
    await becomes(gateway, 'renamed');
    writeFileSync(path, textOf('in-place'));
    await becomes(gateway, 'in-place');

    // What cannot be read changes nothing, and the next write is taken.
    writeFileSync(path, textOf('half').slice(0, 100));
    const refused = await until(
      'refused',
      () => statusOf(gateway),
      ({ config }) => config.lastError !== null,
    );
    assert.equal(refused.config.isDrifting, true);
    assert.equal(await answerOf(gateway), '/in-place');
    writeFileSync(path, textOf('in-place'));
    const mended = await until(
      'mended',
      () => statusOf(gateway),
      ({ config }) => config.lastError === null,
    );
    assert.deepEqual(
      [mended.config.isDrifting, mended.config.generation],
      [false, 3],
      'what runs is what it says again',
    );

    // The same once more is no change; a file that the config names is part of it.
    replace(path, textOf('in-place'));
    writeFileSync(join(folder, 'name.txt'), 'from-a-file\n');
    replace(path, textOf(NAME));
    await becomes(gateway, 'from-a-file');
    replace(join(folder, 'name.txt'), 'from-another-file\n');
    await becomes(gateway, 'from-another-file');
    assert.equal(await generationOf(gateway), 5);

    // What was rolled back stays so until the file says something else.
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const rollback = new URL('/rollback', gateway.urlOf('admin'));
    const answer = await fetch(rollback, { method: 'POST', headers, body: JSON.stringify({ why: 'a test' }) });
    assert.equal(answer.status, 200, await answer.text());
    await becomes(gateway, 'from-a-file');
    assert.match((await statusOf(gateway)).config.drift.join(), /rolled back/);
    writeFileSync(path, `${textOf(NAME)}\n`);
    writeFileSync(join(folder, 'other.txt'), 'for-the-next\n');
    await gateway.printed(/says what it said before/);
    assert.equal(await answerOf(gateway), '/from-a-file');
    writeFileSync(path, textOf(OTHER));
    await becomes(gateway, 'for-the-next');
    assert.equal((await statusOf(gateway)).config.isDrifting, false);
    await stopBeforeFolders(gateway);
  });

  it('may be a volume of Kubernetes, or a directory that files are added to', async (t) => {
    const folder = tempDir(t);
    const volume = (name: string, answer: string): void => {
      mkdirSync(join(folder, name));
      const { routes, ...rest } = configOf(answer);
      writeFileSync(join(folder, name, 'routes.json'), JSON.stringify({ routes }));
      writeFileSync(join(folder, name, 'rest.json'), JSON.stringify(rest));
      symlinkSync(name, join(folder, '..data~'));
      renameSync(join(folder, '..data~'), join(folder, '..data'));
    };
    volume('..1', 'one');
    for (const name of ['routes.json', 'rest.json']) symlinkSync(join('..data', name), join(folder, name));
    const gateway = await startOn(t, folder);
    assert.equal(await answerOf(gateway), '/one');
    volume('..2', 'two');
    await becomes(gateway, 'two');

    const route = {
      name: 'more',
      match: { path: '/' },
      policies: [{ redirect: { to: '/three' } }],
      forward: { upstream: 'none' },
    };
    replace(join(folder, 'more.json'), JSON.stringify({ routes: [route] }));
    await becomes(gateway, 'three');
    assert.equal(await generationOf(gateway), 3);
    await stopBeforeFolders(gateway);
  });
});
