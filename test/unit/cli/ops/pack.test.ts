import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { ops } from '../../../../src/cli/ops.ts';
import { FAMILIES } from '../../../../src/telemetry/metric-families.ts';
import { penstock } from '../../../support/penstock-command.ts';
import { repositoryRoot } from '../../../support/repository-root.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { BUDGETED, ODD_NAME, packOf } from './a-pack.ts';

const pack = packOf(BUDGETED);
const json = (path: string) => JSON.parse(pack.get(path)!) as Record<string, unknown>;

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const rulesOf = (path: string): readonly Rule[] =>
  (parse(pack.get(path)!) as RuleFile).groups.flatMap(({ rules }) => rules);
const recordings = rulesOf('prometheus/recording-rules.yaml');
const alerts = rulesOf('prometheus/alerts.yaml');
const dashboards = ['executive', 'on-call', 'debug'].map((name) => `grafana/${name}.json`);
const panelsOf = (path: string): readonly Panel[] => json(path)['panels'] as Panel[];
const runbooks = [...pack.keys()].filter((path) => path.startsWith('runbooks/'));

/** Names of metrics in a query: what stands outside of texts, and is no function, label or keyword. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\{[^}]*\}/g, '{}')
    .replace(/\b(?:by|on|group_left)\s*\([^)]*\)/g, '');
  return [...bare.matchAll(/\b(?:penstock|process)[\w:]*/g)].map(([name]) => name);
}

describe('every query of the pack', () => {
  const known = new Set([
    ...FAMILIES.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
    ...recordings.map(({ record }) => record!),
  ]);
  const queries = {
    'prometheus/recording-rules.yaml': recordings.map(({ expr }) => expr),
    'prometheus/alerts.yaml': alerts.map(({ expr }) => expr),
    ...Object.fromEntries(
      dashboards.map((path) => [path, panelsOf(path).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))]),
    ),
    ...Object.fromEntries(
      runbooks.map((path) => [path, pack.get(path)!.match(/^ {4}.*(?:rate|penstock_).*\{.*$/gm) ?? []]),
    ),
  };
  for (const [path, exprs] of Object.entries(queries)) {
    it(`asks for metrics that exist: ${path}`, () => {
      const unknown = exprs.flatMap(metricsIn).filter((name) => !known.has(name));
      assert.deepEqual(unknown, []);
      if (!path.startsWith('runbooks/')) assert.ok(exprs.flatMap(metricsIn).length > 0);
    });
  }
});

describe('every alert', () => {
  it('says how urgent it is, what it means, where to read on and what to type', () => {
    for (const { alert, labels = {}, annotations = {} } of alerts) {
      assert.match(labels['severity'] ?? '', /^(page|ticket)$/, alert);
      for (const member of ['summary', 'description', 'command'])
        assert.ok((annotations[member] ?? '').length > 10, `${alert} ${member}`);
      assert.match(annotations['command'] ?? '', /^penstock /, alert);
      assert.ok(pack.has(annotations['runbook'] ?? ''), `${alert}: no ${annotations['runbook']}`);
    }
  });

  it('of a latency says which bucket stands for the budget', () => {
    const latency = alerts.find(({ alert }) => alert === 'PenstockLatencyBudgetBurn')!;
    assert.match(
      latency.annotations!['description']!,
      /0\.032768s is the nearest bucket .* not below the budget of 20ms/,
    );
    const overhead = alerts.filter(({ labels }) => labels?.['budget'] === 'p50 60us');
    assert.match(overhead[0]!.annotations!['description']!, /more than 0\.000064s/);
  });

  it('holds routes to their own budget, and the others to that of all', () => {
    const burns = alerts.filter(({ alert }) => alert === 'PenstockErrorBudgetBurn');
    assert.deepEqual([...new Set(burns.map(({ labels }) => labels!['budget']))], ['0.1%', '5%', '0%']);
    const [common] = burns;
    for (const own of ['strict', 'odd']) assert.match(common!.expr, new RegExp(`route!~"[^{]*${own}`));
  });
});

describe('every dashboard', () => {
  for (const path of dashboards) {
    it(`is whole and has a place for each panel: ${path}`, () => {
      const { uid, schemaVersion, templating } = json(path) as {
        uid: string;
        schemaVersion: number;
        templating: { list: { name: string }[] };
      };
      assert.match(uid, /^[a-z-]{1,40}$/);
      assert.ok(schemaVersion >= 37);
      assert.deepEqual(
        templating.list.slice(0, 2).map(({ name }) => name),
        ['datasource', 'job'],
      );
      const panels = panelsOf(path);
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
      const taken = new Set<string>();
      for (const {
        type,
        datasource,
        gridPos: { x, y, w, h },
      } of panels) {
        if (type !== 'row') assert.equal(datasource?.uid, '$' + '{datasource}');
        assert.ok(x + w <= 24 && w > 0);
        for (let column = x; column < x + w; column++)
          for (let line = y; line < y + h; line++) {
            assert.ok(!taken.has(`${column},${line}`));
            taken.add(`${column},${line}`);
          }
      }
    });
  }
});

describe('every runbook', () => {
  const help = penstock(['--help']).stdout;
  const commands = new Set([...[...help.matchAll(/^ {2}([\w-]+) {2,}/gm)].map(([, name]) => name!)]);

  for (const path of runbooks) {
    it(`ends with a command that helps, and names only commands there are: ${path}`, () => {
      const text = pack.get(path)!;
      assert.match(text.trimEnd().split('\n').at(-1)!, /^ {4}penstock /);
      for (const section of ['## Confirm', '## Causes', '## What to do', '## The command that helps'])
        assert.ok(text.includes(section));
      const named = [...text.matchAll(/(?:^ {4}|&& |`)penstock ([\w-]+)/gm)].map(([, name]) => name!);
      assert.deepEqual(
        named.filter((name) => !commands.has(name)),
        [],
      );
    });
  }

  it('speaks of the routes, upstreams and addresses of the config', () => {
    const text = pack.get('runbooks/502-503.md')!;
    for (const name of ['`shop`', 'http://127.0.0.1:9002', '--admin 127.0.0.1:9901', 'endpoint-out shop'])
      assert.ok(text.includes(name), name);
    // Single quotes, because of what a shell would make of it.
    assert.ok(pack.get('runbooks/429-surge.md')!.includes(`penstock pull limit '${ODD_NAME}' `));
  });
});

describe('the pack', () => {
  it('holds nothing that is secret', () => {
    for (const [path, text] of pack) assert.doesNotMatch(text, /very-secret|key-of-acme/, path);
  });

  it('is the same for the same config', () => assert.deepEqual(packOf(BUDGETED), pack));
});

describe('penstock ops', () => {
  async function run(...args: string[]) {
    let [out, error] = ['', ''];
    const output = { out: (text: string) => void (out += text), error: (text: string) => void (error += text) };
    return { code: await ops(args, output), out, error };
  }
  const config = join(repositoryRoot, 'config/penstock.yaml');

  it('writes the pack, and says whether what is there is up to date', async (t) => {
    const folder = join(tempDir(t), 'ops');
    assert.equal((await run('-c', config, '--out', folder, '--check')).code, 1);
    assert.equal((await run('-c', config, '--out', folder)).code, 0);
    assert.equal((await run('-c', config, '--out', folder, '--check')).code, 0);
    assert.match(readFileSync(join(folder, 'prometheus/alerts.yaml'), 'utf8'), /PenstockUpstreamDown/);
    writeFileSync(join(folder, 'grafana/debug.json'), '{}');
    const { code, error } = await run('-c', config, '--out', folder, '--check');
    assert.deepEqual([code, error], [1, `${join(folder, 'grafana/debug.json')}: not up to date\n`]);
    assert.equal((await run('-c', config, '--out', folder, '--check', '--prometheus-job', 'edge')).code, 1);
  });

  it('answers 2 to wrong use, 1 to a config or a folder that cannot be used', async (t) => {
    assert.equal((await run('-c', config)).code, 2);
    assert.equal((await run('-c', config, '--out', 'x', '--prometheus-job', '')).code, 2);
    const folder = tempDir(t);
    assert.equal((await run('-c', join(folder, 'none.yaml'), '--out', folder)).code, 1);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { code, error } = await run('-c', config, '--out', file);
    assert.equal(code, 1);
    assert.match(error, /^penstock ops: [^\n]+\n$/m);
  });
});
