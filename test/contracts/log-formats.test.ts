/** What every log format promises, whatever a file holds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LOG_FORMATS, recogniseFormat } from '../../src/recording/import/formats.ts';
import type { LogFormat } from '../../src/recording/import/log-format.ts';
import { parseExchange } from '../../src/recording/parse-exchange.ts';
import { renderExchange } from '../../src/recording/write-recording.ts';
import { chunks, importAll, LOG_CASES } from '../unit/recording/import/log-cases.ts';

const RUNS = { numRuns: 60 };

/** A log with some of its bytes replaced, cut out, or doubled. */
const spoilt = (log: string): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.nat(log.length), fc.nat(12), fc.uint8Array({ maxLength: 12 }), fc.boolean())
    .map(([at, length, bytes, isDoubled]) =>
      Buffer.concat([
        Buffer.from(log.slice(0, at)),
        Buffer.from(bytes),
        Buffer.from(log.slice(isDoubled ? Math.max(0, at - length * 10) : at + length)),
      ]),
    );

/** Lines that are neither empty nor directives of W3C: each of them must be counted once. */
function countRecords(format: LogFormat, text: Buffer): number | null {
  if (format.unit === 'entry') return null;
  const lines = text
    .toString('latin1')
    .replace(/^\xEF\xBB\xBF/, '')
    .split('\n');
  const full = lines.map((line) => line.replace(/\r$/, '')).filter((line) => line !== '');
  return full.filter((line) => format.name !== 'w3c' || !line.startsWith('#')).length;
}

async function accountsForAll(format: LogFormat, text: Buffer): Promise<void> {
  const { exchanges, files, rejects } = await importAll([[format, text]]);
  const { read, imported, rejected, problem } = files[0]!;
  assert.equal(problem, null);
  assert.equal(imported + rejected, read);
  assert.equal(exchanges.length, imported);
  assert.equal(rejects.length, rejected);
  const records = countRecords(format, text);
  if (records !== null) assert.equal(read, records);
  let last = 0;
  for (const exchange of exchanges) {
    assert.equal(typeof parseExchange(renderExchange(exchange)), 'object', JSON.stringify(exchange));
    assert.ok(exchange.at >= last);
    last = exchange.at;
  }
}

it('every format has a case here', () => {
  assert.deepEqual(LOG_CASES.map(({ format }) => format.name).sort(), LOG_FORMATS.map(({ name }) => name).sort());
});

for (const { format, log, paths } of LOG_CASES) {
  describe(`log format ${format.name}`, () => {
    it('is recognised by its first lines', () => {
      assert.equal(recogniseFormat(log.split(/\r?\n/))?.name, format.name);
    });

    it('is not recognised in logs of the others', () => {
      for (const other of LOG_CASES) {
        if (other.format !== format) assert.equal(format.recognise(other.log.split(/\r?\n/)), 0, other.format.name);
      }
    });

    it('imports requests, and rejects what is none with its place', async () => {
      const { exchanges, files } = await importAll([[format, log]]);
      assert.deepEqual(
        exchanges.map(({ path }) => path),
        paths,
      );
      assert.deepEqual(
        exchanges.map(({ at }) => at),
        [0, 1000],
      );
      assert.equal(files[0]!.rejected, 1);
      assert.equal(files[0]!.reasons[0]!.places.length, 1);
    });

    it('reads the same, however the file comes in pieces', async () => {
      const { exchanges } = await importAll([[format, log]]);
      for (const size of [1, 7]) {
        const pieces = Array.from({ length: Math.ceil(log.length / size) }, (_, i) =>
          log.slice(i * size, i * size + size),
        );
        assert.deepEqual((await importAll([[format, chunks(...pieces)]])).exchanges, exchanges);
      }
    });

    it('accounts for every record of random bytes', () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (bytes) => accountsForAll(format, Buffer.from(bytes))),
        RUNS,
      ));

    it('accounts for every record of a log that was spoilt', () =>
      fc.assert(
        fc.asyncProperty(spoilt(log), (text) => accountsForAll(format, text)),
        { numRuns: 200 },
      ));

    it('keeps what was read before the file could not be read further', async () => {
      async function* torn(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(`${log}\n`);
        throw new Error('unexpected end of file');
      }
      const { exchanges, files } = await importAll([[format, torn()]]);
      assert.equal(exchanges.length, 2);
      assert.equal(files[0]!.problem, 'unexpected end of file');
    });
  });
}
