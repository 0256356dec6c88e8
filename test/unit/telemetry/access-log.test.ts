import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  createReadStream,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AccessLog, type AccessLogOptions } from '../../../src/telemetry/access-log.ts';
import type { ExchangeRecord } from '../../../src/telemetry/exchange-record.ts';
import { anExchange } from './an-exchange.ts';

const PROCESS = fileURLToPath(new URL('./access-log-process.js', import.meta.url));

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-access-log-'));
});
after(() => rmSync(folder, { recursive: true }));

/** A log that keeps count of its own troubles. */
function aLog(file: string, options: Partial<AccessLogOptions> & { sample?: number } = {}) {
  const seen = { lost: 0, troubles: [] as string[] };
  const events = {
    onLost: (lines: number) => (seen.lost += lines),
    onTrouble: (error: NodeJS.ErrnoException) => seen.troubles.push(error.code!),
  };
  return { seen, log: new AccessLog({ file, sample: options.sample ?? 1 }, { ...events, ...options }) };
}

const requestIdsIn = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).requestId);

const numbered = (id: number | string, different: Partial<ExchangeRecord> = {}) =>
  anExchange({ requestId: String(id), ...different });

describe('the access log in a file', () => {
  it('holds one line for each exchange, in order, in a folder it makes', async () => {
    const file = join(folder, 'new', 'folder', 'access.log');
    const { log, seen } = aLog(file);
    const ids = Array.from({ length: 5000 }, (_, id) => String(id));
    for (const [index, id] of ids.entries()) {
      log.add(numbered(id));
      if (index % 300 === 0) await nextTurn();
    }
    await log.close(5000);
    assert.deepEqual(requestIdsIn(readFileSync(file, 'utf8')), ids);
    assert.deepEqual(seen, { lost: 0, troubles: [] });
  });

  it('appends to what is there', async () => {
    const file = join(folder, 'appended.log');
    for (const id of ['a', 'b']) {
      const { log } = aLog(file);
      log.add(numbered(id));
      await log.close(5000);
    }
    assert.deepEqual(requestIdsIn(readFileSync(file, 'utf8')), ['a', 'b']);
  });

  it('goes on in a new file after a rotation, losing nothing', async () => {
    const file = join(folder, 'rotated.log');
    const { log, seen } = aLog(file);
    for (let id = 0; id < 100; id++) log.add(numbered(id));
    await nextTurn();
    renameSync(file, `${file}.1`);
    for (let id = 100; id < 200; id++) log.add(numbered(id));
    await nextTurn();
    log.reopen();
    for (let id = 200; id < 300; id++) log.add(numbered(id));
    await log.close(5000);
    assert.deepEqual(requestIdsIn(readFileSync(`${file}.1`, 'utf8')).length, 200);
    assert.deepEqual(requestIdsIn(readFileSync(file, 'utf8')).length, 100);
    assert.equal(seen.lost, 0);
  });

  it('keeps a share of the exchanges, and every one with an error of the gateway', async () => {
    const file = join(folder, 'sampled.log');
    const draws = [0.1, 0.9, 0.25, 0.24];
    const { log } = aLog(file, { sample: 0.25, random: () => draws.shift()! });
    for (const id of ['kept', 'left out', 'left out, too', 'kept as well']) log.add(numbered(id));
    log.add(numbered('error', { error: 'upstream_closed' }));
    await log.close(5000);
    assert.deepEqual(requestIdsIn(readFileSync(file, 'utf8')), ['kept', 'kept as well', 'error']);
  });

  it('counts the lines of a log that cannot be opened, and tries again a second later', async () => {
    const blocker = join(folder, 'not-a-folder');
    writeFileSync(blocker, '');
    const file = join(blocker, 'access.log');
    let now = 1_000_000;
    const { log, seen } = aLog(file, { now: () => now });
    assert.equal(seen.troubles.length, 1);
    log.add(numbered('lost'));
    await nextTurn();
    rmSync(blocker);
    log.add(numbered('also lost'));
    await nextTurn();
    assert.equal(seen.lost, 2);
    now += 1000;
    log.add(numbered('written'));
    await log.close(5000);
    assert.deepEqual(requestIdsIn(readFileSync(file, 'utf8')), ['written']);
    assert.equal(seen.lost, 2);
  });

  it('keeps the old file when a new one cannot be opened', async () => {
    const file = join(folder, 'kept', 'access.log');
    const { log, seen } = aLog(file);
    renameSync(join(folder, 'kept'), join(folder, 'moved'));
    writeFileSync(join(folder, 'kept'), '');
    log.reopen();
    log.add(numbered('still here'));
    await log.close(5000);
    assert.equal(seen.troubles.length, 1);
    assert.deepEqual(requestIdsIn(readFileSync(join(folder, 'moved', 'access.log'), 'utf8')), ['still here']);
  });

  it('loses lines to a full disk, counts each of them once and reports the trouble once', async () => {
    const { log, seen } = aLog('/dev/full');
    const path = `/${'x'.repeat(1000)}`;
    for (let id = 0; id < 6000; id++) {
      log.add(numbered(id, { path }));
      if (id % 100 === 0) await nextTurn();
    }
    assert.ok(seen.lost > 0, 'more was taken than may wait');
    await log.close(50);
    assert.equal(seen.lost, 6000);
    assert.deepEqual(seen.troubles, ['ENOSPC']);
  });
});

interface Outcome {
  readonly lost: number;
  readonly longestTurnMs: number;
  readonly closedInMs: number;
}

/** A pipe with a name, its reading end open so that the other end can be. */
function aPipe(name: string): { reading: number; writing: number } {
  const path = join(folder, name);
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reading, writing: openSync(path, 'w') };
}

function startWriter(stdout: number, name: string, count: number, turn: number, closeMs: number): ChildProcess {
  return fork(PROCESS, [name, count, turn, closeMs].map(String), { stdio: ['ignore', stdout, 'inherit', 'ipc'] });
}

async function outcomeOf(writer: ChildProcess): Promise<Outcome> {
  const [[outcome]] = (await Promise.all([once(writer, 'message'), once(writer, 'exit')])) as [[Outcome], unknown];
  return outcome;
}

/** Everything in a pipe from now until its last writer has closed it. */
async function readAll(path: string): Promise<string> {
  let text = '';
  for await (const piece of createReadStream(path, { encoding: 'latin1' })) text += piece;
  return text;
}

describe('the access log in a pipe', () => {
  it('loses lines to a reader that does not read, and neither holds up the loop nor the exit', async () => {
    const { reading, writing } = aPipe('unread');
    const writer = startWriter(writing, 'w', 20_000, 50, 100);
    closeSync(writing);
    const { lost, longestTurnMs, closedInMs } = await outcomeOf(writer);
    assert.ok(lost > 1000, `${lost} lines lost`);
    assert.ok(longestTurnMs < 1000, `a turn of the loop took ${longestTurnMs} ms`);
    assert.ok(closedInMs < 5000, `closed in ${closedInMs} ms`);
    const unread = Buffer.alloc(1 << 20);
    let length = 0;
    for (let read = 1; read > 0; length += read) read = readSync(reading, unread, length, unread.length - length, null);
    closeSync(reading);
    assert.equal(requestIdsIn(unread.toString('latin1', 0, length)).length + lost, 20_000);
  });

  it('keeps the lines of two processes whole, and loses none when they are read', async () => {
    const { reading, writing } = aPipe('shared');
    const reader = readAll(join(folder, 'shared'));
    const writers = ['a', 'b'].map((name) => startWriter(writing, name, 2500, 20, 10_000));
    const outcomes = Promise.all(writers.map(outcomeOf));
    closeSync(writing);
    const [text, results] = [await reader, await outcomes];
    closeSync(reading);
    assert.deepEqual(
      results.map(({ lost }) => lost),
      [0, 0],
    );
    const ids = requestIdsIn(text);
    for (const name of ['a', 'b']) {
      const expected = Array.from({ length: 2500 }, (_, index) => `${name}-${index}`);
      assert.deepEqual(
        ids.filter((id) => id.startsWith(name)),
        expected,
      );
    }
  });
});
