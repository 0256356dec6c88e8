import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs, { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type BadLine, type Recording, RecordingError, readRecording } from '../../../src/recording/read-recording.ts';
import type { RecordedExchange } from '../../../src/recording/recorded-exchange.ts';
import { RecordingWriter, renderExchange } from '../../../src/recording/write-recording.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { A_HEAD, anExchange } from './an-exchange.ts';

const HEAD_LINE = JSON.stringify(A_HEAD);

const aHeader = fc.tuple(
  fc.stringMatching(/^[a-z-]{1,12}$/),
  fc.string().map((text) => text.replace(/[\0\r\n]/g, '')),
);
const aBody = fc.oneof(
  fc.record({ text: fc.string({ unit: 'binary' }) }),
  fc.uint8Array().map((bytes) => ({ base64: Buffer.from(bytes).toString('base64') })),
  fc.record({ bytes: fc.nat(), sha256: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)) }),
);
const exchanges: fc.Arbitrary<RecordedExchange[]> = fc
  .array(
    fc.record({
      at: fc.double({ min: 0, max: 1e9, noNaN: true }),
      scheme: fc.constantFrom('http' as const, 'https' as const, null),
      method: fc.constantFrom('GET', 'POST', 'PROPFIND'),
      host: fc.domain(),
      path: fc.webPath().map((path) => `/${path}`),
      headers: fc.array(aHeader, { maxLength: 4 }),
      body: fc.option(aBody),
      client: fc.option(fc.ipV4()),
      consumer: fc.option(fc.string()),
      route: fc.option(fc.string()),
      status: fc.nat(999),
      responseBytes: fc.option(fc.nat()),
      upstreamMs: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    }),
    { maxLength: 6 },
  )
  .map((list) => list.toSorted((a, b) => a.at - b.at));

async function readAll(recording: Recording): Promise<RecordedExchange[]> {
  const found: RecordedExchange[] = [];
  for await (const exchange of recording) found.push(exchange);
  return found;
}

/** The same bytes, in pieces of `size`. */
function inPieces(bytes: Buffer, size: number): Readable {
  const count = Math.ceil(bytes.length / size);
  return Readable.from(Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size)));
}

const textOf = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));

describe('reading a recording', () => {
  it('finds every exchange again, wherever the bytes are parted, compressed or not', async () => {
    const cases = fc.asyncProperty(
      exchanges,
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      async (list, size, zip) => {
        const plain = textOf([HEAD_LINE, ...list.map(renderExchange)]);
        const recording = await readRecording(inPieces(zip ? gzipSync(plain) : plain, size));
        assert.deepEqual(recording.head, A_HEAD);
        // What JSON makes of -0 is 0.
        assert.deepEqual(await readAll(recording), JSON.parse(JSON.stringify(list)));
        assert.equal(recording.exchanges, list.length);
        assert.equal(recording.badLines, 0);
      },
    );
    await fc.assert(cases, { numRuns: 150 });
  });

  it('tells of every bad line with its number and goes on', async () => {
    const good = renderExchange(anExchange({ at: 5 }));
    const bad: BadLine[] = [];
    const text = [
      HEAD_LINE,
      good,
      '{"at":',
      '',
      '[1]',
      renderExchange(anExchange({ at: 4 })),
      'x'.repeat(2000),
      renderExchange(anExchange({ at: 6, headers: [['a', 'b\r\nc: d']] })),
      renderExchange(anExchange({ at: 6, path: 'http://elsewhere/' })),
      good,
    ];
    const onBadLine = (line: BadLine) => bad.push(line);
    const recording = await readRecording(inPieces(textOf(text), 7), { onBadLine, maxLineBytes: 1000 });
    assert.equal((await readAll(recording)).length, 2);
    assert.deepEqual(
      bad.map(({ line }) => line),
      [3, 5, 6, 7, 8, 9],
    );
    assert.equal(recording.badLines, 6);
    assert.match(bad[2]!.reason, /earlier/);
    assert.match(bad[3]!.reason, /too long/);
  });

  it('takes any text for bad lines, and none for an exchange that could do harm', async () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('GET /', '/a b', '/\r\n', '', -1, 0.5));
    const line = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '')),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc
        .tuple(fc.constantFrom(...Object.keys(anExchange())), member)
        .map(([name, value]) => JSON.stringify({ ...anExchange(), [name]: value })),
    );
    const cases = fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
      const recording = await readRecording(inPieces(textOf([HEAD_LINE, ...lines]), 64));
      const found = await readAll(recording);
      const filled = lines.filter((text) => Buffer.from(text).toString().trim() !== '').length;
      assert.equal(found.length + recording.badLines, filled);
      for (const { method, path, headers, host } of found) {
        assert.doesNotMatch(`${method}${path}${host}`, /[\s\0]/);
        for (const [name, value] of headers) assert.doesNotMatch(`${name}${value}`, /[\r\n\0]/);
      }
    });
    await fc.assert(cases, { numRuns: 200 });
  });

  it('says what is wrong with what is no recording', async (t: TestContext) => {
    const path = join(tempDir(t), 'traffic.ndjson');
    const problems: string[] = [];
    for (const text of ['', 'GET / HTTP/1.1\n', '{"log":{}}\n', '{"recording":2}\n']) {
      writeFileSync(path, text);
      await assert.rejects(readRecording(path), (error: Error) => {
        assert.ok(error instanceof RecordingError);
        return problems.push(error.message.replace(path, 'FILE')) > 0;
      });
    }
    const none = 'FILE:1: this is no recording, expected a first line {"recording":1,...}';
    assert.deepEqual(problems, [none, none, none, 'FILE:1: recordings of the form 2 are not known here']);
    await assert.rejects(readRecording(`${path}.not-there`), /ENOENT/);
  });

  it('says when compressed data is cut off, after what could be read', async () => {
    const lines = Array.from({ length: 3000 }, (_, at) => renderExchange(anExchange({ at, path: `/${Math.sin(at)}` })));
    const whole = gzipSync(textOf([HEAD_LINE, ...lines]));
    const recording = await readRecording(inPieces(whole.subarray(0, whole.length - 10), 4096));
    await assert.rejects(readAll(recording), /^RecordingError: the recording: after \d{3,4} exchanges: unexpected end/);
  });
});

describe('writing a recording', () => {
  for (const name of ['traffic.ndjson', 'traffic.ndjson.gz']) {
    it(`${name} has its name only once it is whole`, async (t) => {
      const path = join(tempDir(t), name);
      const writer = await RecordingWriter.open(path, A_HEAD);
      for (let at = 0; at < 5000; at++) await writer.write(anExchange({ at, path: `/${at}` }));
      assert.ok(!readdirSync(join(path, '..')).includes(name));
      await writer.finish(7);
      assert.deepEqual(readdirSync(join(path, '..')), [name]);
      const bytes = readFileSync(path);
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      assert.ok(text.endsWith('{"end":{"exchanges":5000,"dropped":7}}\n'));
      const recording = await readRecording(path);
      const found = await readAll(recording);
      assert.equal(found[4999]!.path, '/4999');
      assert.deepEqual(recording.end, { end: { exchanges: 5000, dropped: 7 } });
    });
  }

  it('leaves nothing of a recording that is given up, and the file that was there as it is', async (t) => {
    const folder = tempDir(t);
    const path = join(folder, 'traffic.ndjson.gz');
    writeFileSync(path, 'before');
    const writer = await RecordingWriter.open(path, A_HEAD);
    for (let at = 0; at < 2000; at++) await writer.write(anExchange({ at }));
    await writer.abandon();
    assert.deepEqual(readdirSync(folder), ['traffic.ndjson.gz']);
    assert.equal(readFileSync(path, 'utf8'), 'before');
  });

  it('says when the file cannot be made, and when it can be written no further', async (t) => {
    const folder = tempDir(t);
    await assert.rejects(RecordingWriter.open(join(folder, 'no', 'folder.ndjson'), A_HEAD), /ENOENT/);
    await assert.rejects(RecordingWriter.open(folder, A_HEAD), /is no file that could be replaced/);
    assert.deepEqual(readdirSync(folder), []);
    for (const name of ['full.ndjson', 'full.ndjson.gz']) {
      const writer = await RecordingWriter.open(join(folder, name), A_HEAD);
      const noRoom = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
      t.mock.method(fs, 'write', (...args: unknown[]) => (args.at(-1) as (error: Error) => void)(noRoom));
      const noise = randomBytes(1024 * 1024).toString('base64');
      await assert.rejects(async () => {
        for (let i = 0; i < 5; i++) await writer.writeLine(noise);
        await writer.finish(0);
      }, /ENOSPC/);
      t.mock.restoreAll();
      await writer.abandon();
      assert.deepEqual(readdirSync(folder), []);
    }
  });

  it('warns of nothing however long it is', async (t) => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    t.after(() => process.off('warning', listen));
    const writer = await RecordingWriter.open(join(tempDir(t), 'long.ndjson.gz'), A_HEAD);
    const line = renderExchange(anExchange({ path: `/${'x'.repeat(60_000)}` }));
    for (let i = 0; i < 200; i++) await writer.writeLine(line);
    await writer.finish(0);
    assert.deepEqual(warnings, []);
  });
});
