import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { loadUws } from '../../../native-bindings/uws-loader.ts';

const installed = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
const binary = `uws_linux_x64_${process.versions.modules}.node`;
const scratch = mkdtempSync(join(tmpdir(), 'penstock-uws-'));
after(() => rmSync(scratch, { recursive: true }));

test('a header limit that uWS would misread is refused before anything is loaded', () => {
  for (const bad of [
    Number.NaN,
    0,
    -1,
    1023,
    4096.5,
    2 ** 20 + 1,
    Number.POSITIVE_INFINITY,
    '16384' as unknown as number,
  ]) {
    assert.throws(() => loadUws({ maxHeaderBytes: bad }), RangeError);
  }
  assert.equal(process.env['UWS_HTTP_MAX_HEADERS_SIZE'], undefined);
});

test('a binary with one flipped byte is refused', () => {
  cpSync(join(installed, 'package.json'), join(scratch, 'package.json'));
  const image = readFileSync(join(installed, binary));
  image[image.length >> 1] ^= 1;
  writeFileSync(join(scratch, binary), image);
  assert.throws(
    () => loadUws({ maxHeaderBytes: 16384, packageDirectory: scratch }),
    /is not the uWebSockets\.js binary that was examined/,
  );
});

test('a package of another name is refused', () => {
  writeFileSync(join(scratch, 'package.json'), '{"name": "someone-elses-uws"}');
  assert.throws(() => loadUws({ maxHeaderBytes: 16384, packageDirectory: scratch }), /someone-elses-uws/);
});

test('an official build is taken by its own entry', () => {
  const official = mkdtempSync(join(scratch, 'official-'));
  writeFileSync(join(official, 'package.json'), '{"name": "uWebSockets.js", "main": "entry.cjs"}');
  writeFileSync(
    join(official, 'entry.cjs'),
    'exports.App = () => "official"; exports._cfg = () => { throw new Error(); };',
  );
  const uws = loadUws({ maxHeaderBytes: 16384, packageDirectory: official });
  assert.equal(uws.App() as unknown, 'official');
  assert.equal(process.env['UWS_HTTP_MAX_HEADERS_SIZE'], '16384');
  assert.equal(loadUws({ maxHeaderBytes: 16384 }), uws, 'loaded once');
  assert.throws(() => loadUws({ maxHeaderBytes: 8192 }), /only a new process can change it/);
});
