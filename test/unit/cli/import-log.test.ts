import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ImportReport } from '../../../src/cli/import-log/import-page.ts';
import { importLog } from '../../../src/cli/import-log.ts';
import { LOG_FORMATS } from '../../../src/recording/import/formats.ts';
import { readRecording } from '../../../src/recording/read-recording.ts';
import type { RecordedExchange } from '../../../src/recording/recorded-exchange.ts';
import { penstock } from '../../support/penstock-command.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { tempDir } from '../../support/temp-dir.ts';

const lineAt = (second: string, path: string, client = '203.0.113.9'): string =>
  `${client} - - [17/May/2015:10:05:${second} +0000] "GET ${path} HTTP/1.1" 200 5 "-" "curl"\n`;
const fixture = (name: string): string => join(repositoryRoot, 'test/fixtures/logs', name);

class Import {
  readonly #dir: string;

  constructor(t: TestContext) {
    this.#dir = tempDir(t);
  }

  get out(): string {
    return join(this.#dir, 'out.ndjson.gz');
  }

  file(name: string, content: string | Buffer): string {
    const path = join(this.#dir, name);
    writeFileSync(path, content);
    return path;
  }

  path(name: string): string {
    return join(this.#dir, name);
  }

  files(): string[] {
    return readdirSync(this.#dir).sort();
  }

  async run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    let [stdout, stderr] = ['', ''];
    const output = { out: (text: string) => void (stdout += text), error: (text: string) => void (stderr += text) };
    return { status: await importLog([...args, '--out', this.out], output), stdout, stderr };
  }

  async report(...args: string[]): Promise<ImportReport> {
    return JSON.parse((await this.run(...args, '--json')).stdout) as ImportReport;
  }

  async exchanges(): Promise<RecordedExchange[]> {
    const exchanges: RecordedExchange[] = [];
    for await (const exchange of await readRecording(this.out)) exchanges.push(exchange);
    return exchanges;
  }
}

describe('penstock import-log', () => {
  it('makes a recording of a log', async (t) => {
    const run = new Import(t);
    const log = run.file('access.log', lineAt('03', '/a') + lineAt('05', '/b?token=s3cr3t-s3cr3t'));
    const { status, stdout } = await run.run(log, '--host', 'shop.example');
    assert.equal(status, 0);
    assert.match(stdout, /combined; 2 imported \+ 0 rejected = 2 read/);
    assert.match(stdout, /out\.ndjson\.gz: 2 exchanges in 2 s/);
    const [first, second] = await run.exchanges();
    assert.deepEqual([first!.host, first!.path, second!.at], ['shop.example', '/a', 2000]);
    assert.equal((await readRecording(run.out)).head.began, '2015-05-17T10:05:03.000Z');
    const text = gunzipSync(readFileSync(run.out)).toString();
    assert.doesNotMatch(text, /s3cr3t|203\.0\.113\.9/);
    assert.equal(first!.client, second!.client);
  });

  it('reads compressed logs, whatever their names, in the order of their times', async (t) => {
    const run = new Import(t);
    const newest = run.file('access.log', lineAt('09', '/3') + lineAt('20', '/5'));
    const older = run.file('access.log.1', gzipSync(lineAt('01', '/1') + lineAt('05', '/2') + lineAt('10', '/4')));
    const report = await run.report(newest, older);
    assert.deepEqual(
      (await run.exchanges()).map(({ path }) => path),
      ['/1', '/2', '/3', '/4', '/5'],
    );
    assert.deepEqual(
      report.files.map(({ imported, moved }) => [imported, moved]),
      [
        [2, 0],
        [3, 0],
      ],
    );
    assert.equal(report.read, 5);
  });

  it('counts what it rejects by reason, names the first lines, and writes them out', async (t) => {
    const run = new Import(t);
    const bad = ['hello\n', '10.0.0.1 - - [17/May/2015:10:05:03 +0000] "\\x16\\x03" 400 0 "-" "-"\n'];
    const log = run.file('access.log', lineAt('03', '/a') + bad[0] + bad[1] + bad[0]!.repeat(6));
    writeFileSync(run.path('rejects.ndjson'), 'of another time', { mode: 0o644 });
    const { status, stdout } = await run.run(log, '--rejects', run.path('rejects.ndjson'));
    assert.equal(status, 0);
    assert.match(stdout, /1 imported \+ 8 rejected = 9 read/);
    assert.match(stdout, / 7 {2}rejected: not of this format \(lines 2, 4, 5, 6, 7, \.\.\.\)/);
    assert.match(stdout, / 1 {2}rejected: no HTTP request in it \(line 3\)/);
    const rejects = readFileSync(run.path('rejects.ndjson'), 'utf8').trimEnd().split('\n');
    assert.equal(rejects.length, 8);
    const [, second] = rejects.map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(second, { file: log, place: 3, reason: 'no HTTP request in it', text: bad[1]!.trimEnd() });
    assert.equal(statSync(run.path('rejects.ndjson')).mode & 0o077, 0);
  });

  it('finds the format of each file by itself', async (t) => {
    const run = new Import(t);
    const w3c = run.file(
      'u_ex.log',
      '#Fields: date time cs-method cs-uri-stem sc-status\n2015-05-17 10:05:03 GET / 200\n',
    );
    const { files } = await run.report(fixture('apache-2015.txt'), w3c, fixture('github-interactions.ndjson'));
    assert.deepEqual(
      files.map(({ format }) => format),
      ['combined', 'w3c', 'interactions'],
    );
  });

  it('takes an empty log for what it is beside others', async (t) => {
    const run = new Import(t);
    const files = [run.file('access.log', ''), run.file('access.log.1', lineAt('03', '/a'))];
    assert.equal((await run.run(...files)).status, 0);
    assert.equal((await run.exchanges()).length, 1);
  });

  it('writes no recording when nothing was imported', async (t) => {
    const run = new Import(t);
    const log = run.file('access.log', 'hello\n');
    const { status, stdout } = await run.run(log, '--format', 'common');
    assert.equal(status, 1);
    assert.match(stdout, /0 imported \+ 1 rejected = 1 read\n[\s\S]*nothing was imported/);
    assert.equal(existsSync(run.out), false);
  });

  it('keeps what it could read of a file that is damaged, and fails', async (t) => {
    const run = new Import(t);
    const packed = gzipSync(lineAt('03', '/a').repeat(20_000));
    const { status, stdout } = await run.run(run.file('access.log.gz', packed.subarray(0, packed.length - 20)));
    assert.equal(status, 1);
    assert.match(stdout, /NOT READ TO ITS END: unexpected end of file/);
    assert.ok((await run.exchanges()).length > 0);
  });

  it('leaves nothing behind when the recording cannot be written', async (t) => {
    const run = new Import(t);
    const log = run.file('access.log', lineAt('03', '/a').repeat(20_000));
    let stderr = '';
    const output = { out: () => {}, error: (text: string) => void (stderr += text) };
    assert.equal(await importLog([log, '--out', run.path('no/such.gz')], output), 1);
    assert.match(stderr, /ENOENT/);
    assert.deepEqual(run.files(), ['access.log']);
  });

  it('is a command of penstock, and explains itself', () => {
    const { status, stdout } = penstock(['import-log', '--help']);
    assert.equal(status, 0);
    for (const { name } of LOG_FORMATS) assert.ok(stdout.includes(`    ${name} `), name);
  });

  it('leaves nothing behind when what is rejected cannot be written', async (t) => {
    const run = new Import(t);
    const { status, stderr } = await run.run(
      run.file('access.log', lineAt('03', '/a')),
      '--rejects',
      run.path('no/such'),
    );
    assert.equal(status, 1);
    assert.match(stderr, /ENOENT/);
    assert.deepEqual(run.files(), ['access.log']);
  });

  it('refuses wrong use', async (t) => {
    const run = new Import(t);
    const log = run.file('access.log', lineAt('03', '/a'));
    const refused = async (...args: string[]) => {
      const { status, stderr } = await run.run(...args);
      assert.equal(status, 2);
      return stderr;
    };
    assert.match(await refused(log, '--format', 'xml'), /--format xml is not known, expected combined, w3c, har, nova/);
    assert.match(await refused(log, '--host', 'a b'), /--host "a b" is no host/);
    assert.match(await refused(log, '--rejects', run.out), /is named twice/);
    assert.match(await refused(log, log), /is named twice/);
    assert.match(await refused(run.path('none.log')), /none\.log: ENOENT/);
    assert.match(await refused(run.file('text', 'hello\nworld\n')), /no known format/);
    assert.match(await refused(), /FILE is missing/);
    assert.equal(await importLog([log], { out: () => {}, error: () => {} }), 2);
  });
});
