import { strict as assert } from 'node:assert';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { type LoadResult, loadConfig } from '../../../src/config/load.ts';
import { BASE } from './diagnose.ts';
import { temporaryFiles } from './temporary-files.ts';

const said = ({ diagnostics }: LoadResult, directory: string): string[] =>
  diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).replaceAll(`${directory}/`, ''));

const routes = (...names: string[]): string =>
  `routes:\n${names.map((name) => `  - { name: ${name}, match: { path: /${name} }, forward: { upstream: demo } }\n`).join('')}`;

test('maps are united and lists joined in the order of file names', (context) => {
  const directory = temporaryFiles(context, {
    '10-base.yaml': BASE,
    '30-last.yml': `version: 1\n${routes('c', 'd')}`,
    '20-more.json':
      '{"upstreams":{"other":{"endpoints":["http://a.example"]}},"routes":[{"name":"b","match":{"path":"/b"},"forward":{"upstream":"other"}}]}',
    'notes.txt': 'not read',
    '.hidden.yaml': 'not: read',
    'folder/inner.yaml': 'not: read',
  });
  const result = loadConfig(directory, {});
  assert.deepEqual(said(result, directory), []);
  const { config, source } = result.loaded!;
  assert.deepEqual(Object.keys(config.upstreams), ['demo', 'other']);
  assert.deepEqual(
    config.routes.map(({ name }) => name),
    ['b', 'c', 'd'],
  );
  const places = config.routes.map((_, index) => source.locate(['routes', index, 'name']));
  assert.deepEqual(
    places.map(({ file, line }) => `${file.slice(directory.length + 1)}:${line}`),
    ['20-more.json:1', '30-last.yml:3', '30-last.yml:4'],
  );
  assert.deepEqual(
    result.files.map((file) => file.slice(directory.length + 1)),
    ['10-base.yaml', '20-more.json', '30-last.yml'],
  );
});

test('what stands in two files is an error that names both places', (context) => {
  const directory = temporaryFiles(context, {
    'a.yaml': `${BASE}admin: {}\n`,
    'b.yaml':
      'version: 2\nadmin: {}\nupstreams:\n  other: { endpoints: [http://b.example] }\n  demo: { endpoints: [http://b.example] }\n',
  });
  assert.deepEqual(said(loadConfig(directory, {}), directory), [
    'b.yaml:1:1: version stands in two files, expected it once (first at a.yaml:1:1)',
    'b.yaml:2:1: admin stands in two files, expected it once (first at a.yaml:6:1)',
    'b.yaml:5:3: upstreams.demo stands in two files, expected it once (first at a.yaml:5:3)',
  ]);
});

test('faults in merged files are told at their places in the file they stand in', (context) => {
  const directory = temporaryFiles(context, {
    'a.yaml': `${BASE}${routes('one')}`,
    'b.yaml': `upstreams:\n  second: { endpoints: [] }\n${routes('two', 'one')}bogus: 1\n`,
  });
  assert.deepEqual(said(loadConfig(directory, {}), directory), [
    'b.yaml:2:24: upstreams.second.endpoints is empty, expected at least one item',
    'b.yaml:5:5: no request could tell this route from "one" at a.yaml:7:5, expected another match or one route instead of two',
    'b.yaml:5:13: "one" stands twice, expected each once (first at a.yaml:7:13)',
    'b.yaml:6:1: unknown key "bogus", expected one of version, listeners, admin, runtime, telemetry, upstreams, consumers, policies, routes, budget, tests',
  ]);
});

test('files that cannot be merged say so, all of them', (context) => {
  const directory = temporaryFiles(context, {
    'a.yaml': '- 1\n',
    'b.yaml': 'routes: 5\nupstreams: []\n',
    'c.json': '[]',
  });
  assert.deepEqual(said(loadConfig(directory, {}), directory), [
    'a.yaml:1:1: the file holds no map, expected sections such as upstreams and routes',
    'b.yaml:1:9: routes is not a list, expected a list',
    'b.yaml:2:12: upstreams is not a map by name, expected a map by name',
    'c.json:1:1: the file holds no map, expected sections such as upstreams and routes',
  ]);
  const broken = temporaryFiles(context, { 'a.yaml': 'a: [', 'b.json': '{' });
  assert.deepEqual(
    new Set(loadConfig(broken, {}).diagnostics.map(({ file }) => file)),
    new Set([join(broken, 'a.yaml'), join(broken, 'b.json')]),
  );
});

test('what cannot be read is told with the path', (context) => {
  const directory = temporaryFiles(context, { 'empty/notes.txt': '', 'latin1.yaml': '', 'locked.yaml': BASE });
  const one = (name: string): string[] => said(loadConfig(join(directory, name), {}), directory);
  assert.deepEqual(one('missing.yaml'), ['missing.yaml:1:1: no such file, expected a readable one']);
  assert.deepEqual(one('empty'), ['empty:1:1: the directory holds no config, expected *.yaml, *.yml or *.json']);
  chmodSync(join(directory, 'locked.yaml'), 0);
  if (process.getuid?.() !== 0)
    assert.deepEqual(one('locked.yaml'), ['locked.yaml:1:1: no permission to read it, expected a readable file']);
});

test('bytes that are no UTF-8 are refused rather than guessed', (context) => {
  const directory = temporaryFiles(context, {});
  const file = join(directory, 'latin1.yaml');
  writeFileSync(file, Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]));
  assert.deepEqual(said(loadConfig(file, {}), directory), ['latin1.yaml:1:1: not UTF-8 text, expected YAML or JSON']);
});
