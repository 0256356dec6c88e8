/** What the documents say of the code is true: the places, metrics, log fields and errors they name are there, and all of them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { SeriesId } from '../../src/brand.ts';
import { LineRenderer } from '../../src/telemetry/log-line.ts';
import { FAMILIES } from '../../src/telemetry/metric-families.ts';
import { scrape } from '../../src/telemetry/scrape.ts';
import { repositoryRoot } from '../support/repository-root.ts';
import { aMetricsSource } from '../unit/telemetry/a-metrics-source.ts';
import { anExchange } from '../unit/telemetry/an-exchange.ts';

const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'DECISIONS.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'docs/access-log.md',
  'docs/commands.md',
  'docs/errors.md',
  'docs/lints.md',
  'docs/metrics.md',
  'docs/observability.md',
];
const TOP_FOLDERS = /^(?:src|test|docs|bench|config|native-bindings|perf-reports)\//;

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');

/** The rows of every table whose first column has this title, as cells without their backticks. */
function tableRows(path: string, title: string): string[][] {
  const rows: string[][] = [];
  let isInside = false;
  for (const line of read(path).split('\n')) {
    const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).slice(1, -1) : [];
    const texts = cells.map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|'));
    if (texts[0] === title) isInside = true;
    else if (texts.length === 0) isInside = false;
    else if (isInside && !/^:?-+:?$/.test(texts[0])) rows.push(texts);
  }
  return rows;
}

/** Whether the file declares a function, method, class or constant of that name; `#` of private ones is left out. */
function declares(source: string, name: string): boolean {
  const modifiers =
    '(?:(?:export|async|private|protected|static|override|readonly|abstract|get|function|class|const)\\*? )*';
  const typescript = new RegExp(`^(?: {2})?${modifiers}\\*?#?${name}\\b(?: *[(<=:{]| extends | implements )`, 'm');
  const cpp = new RegExp(`^[\\w:<>* ]*::${name}\\(`, 'm');
  return typescript.test(source) || cpp.test(source);
}

describe('ARCHITECTURE.md', () => {
  const places = [...read('ARCHITECTURE.md').matchAll(/`([\w./-]+\.(?:ts|cc)):(\w+)`/g)];

  it('names places of the code', () => assert.ok(places.length > 50));

  for (const [, file, name] of places) {
    it(`is right about ${file}:${name}`, () => {
      const path = existsSync(join(repositoryRoot, 'src', file)) ? join('src', file) : file;
      assert.ok(declares(read(path), name), `${path} declares no ${name}`);
    });
  }
});

describe('every document', () => {
  for (const document of DOCUMENTS) {
    it(`${document} names only files that are there`, () => {
      const text = read(document);
      const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path]) => join(dirname(document), path));
      const named = [...text.matchAll(/`([\w.-]+\/[\w./-]+\.\w+)`/g)].map(([, path]) => path);
      const missing = [...links, ...named.filter((path) => TOP_FOLDERS.test(path))].filter(
        (path) => !existsSync(join(repositoryRoot, path)),
      );
      assert.deepEqual(missing, []);
    });
  }
});

describe('docs/metrics.md', () => {
  it('holds every metric with its type, labels and help, and no other', () => {
    const { source, writers } = aMetricsSource([
      { kind: 'route', name: 'a' },
      { kind: 'upstream', name: 'b' },
    ]);
    const upstream = { name: 'b', series: 1 as SeriesId };
    const route = { name: 'a', series: 0 as SeriesId };
    const marks = { cacheResult: 'hit' as const, dryRunRefusals: 1 };
    writers[0].record(anExchange({ route, upstream, error: 'upstream_closed', ...marks }));
    const page = scrape(source);
    const expected = FAMILIES.map(({ name, type, help, read: samplesOf }) => {
      const labels = samplesOf(page, source).flatMap(({ labels, sharedLabels }) =>
        Object.keys({ ...sharedLabels, ...labels }),
      );
      return [name, type, [...new Set(labels)].filter((label) => label !== 'le').join(', '), help];
    });
    assert.deepEqual(tableRows('docs/metrics.md', 'metric'), expected);
  });
});

describe('docs/access-log.md', () => {
  it('holds every field of a line in its order, and no other', () => {
    const line = JSON.parse(new LineRenderer().render(anExchange({}), 0)) as object;
    assert.deepEqual(
      tableRows('docs/access-log.md', 'field').map(([field]) => field),
      [...Object.keys(line), 'truncated'],
    );
  });
});
