/** What changes from one config to another is told by its cause, each with its requests. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { ReplayReport } from '../../../../src/cli/replay/replay-report.ts';
import { fileLifetime } from '../../../support/file-lifetime.ts';
import { configOf, type ExchangeParts, ReplayBench } from './a-replay.ts';

const file = fileLifetime();
let bench: ReplayBench;

const route = (
  name: string,
  path: string,
  forward: object = {},
  policies: readonly object[] = [],
  match: object = {},
): object => ({
  name,
  match: { path, ...match },
  ...(policies.length === 0 ? {} : { policies }),
  ...('upstream' in forward && forward.upstream === null ? {} : { forward: { upstream: 'a', ...forward } }),
});
const blocked = { respond: { status: 410, body: 'gone' } };
const denied = { authorize: { anyOf: [{ groups: ['nobody'] }] } };

const OLD = [
  route('kept', '/kept/*'),
  route('refused', '/refused/*'),
  route('unrouted', '/unrouted/*'),
  route('admitted', '/admitted/*', {}, [denied]),
  route('answer', '/answer/*', { upstream: null }, [blocked]),
  route('answered', '/answered/*'),
  route('moved', '/moved/*'),
  route('upstream', '/upstream/*'),
  route('rewrite', '/rewrite/*'),
];
const NEW = [
  route('kept', '/kept/*'),
  route('refused', '/refused/*', {}, [denied]),
  route('admitted', '/admitted/*'),
  route('routed', '/routed/*'),
  route('answer', '/answer/*', { upstream: null }, [{ respond: { status: 451 } }]),
  route('answered', '/answered/*', { upstream: null }, [blocked]),
  route('moved', '/moved/*'),
  route('elsewhere', '/moved/here'),
  route('upstream', '/upstream/*', { upstream: 'b' }),
  route('rewrite', '/rewrite/*', { stripPrefix: '/rewrite', host: 'inner.test' }, [
    { headers: { request: { set: { 'x-team': 'blue' } } } },
  ]),
];

const TRAFFIC: readonly ExchangeParts[] = [
  { path: '/kept/1' },
  { path: '/refused/1', consumer: 'acme' },
  { path: '/refused/2' },
  { path: '/unrouted/1', method: 'POST' },
  { path: '/admitted/1', status: 401 },
  { path: '/routed/1', status: 404 },
  { path: '/answer/1', status: 410 },
  { path: '/answered/1' },
  { path: '/moved/here' },
  { path: '/moved/there' },
  { path: '/upstream/1' },
  { path: '/rewrite/1?token=mine&page=2' },
];

let report: ReplayReport;
before(async () => {
  bench = new ReplayBench(file);
  const [old, now] = [
    bench.write('old.yaml', configOf({ routes: OLD })),
    bench.write('new.yaml', configOf({ routes: NEW })),
  ];
  report = await bench.report(bench.record(TRAFFIC), now, '--against', old);
});

describe('a replay of two configs', () => {
  it('has one group for each cause, the gravest first, with its share and where to look', () => {
    assert.deepEqual(
      report.groups.map(({ cause, count, from, to }) => [cause, count, from.route, to.route, to.upstream, to.status]),
      [
        ['refused', 2, 'refused', 'refused', null, 401],
        ['unrouted', 1, 'unrouted', null, null, 404],
        ['admitted', 1, 'admitted', 'admitted', 'a', null],
        ['routed', 1, null, 'routed', 'a', null],
        ['answer', 1, 'answer', 'answer', null, 451],
        ['answer', 1, 'answered', 'answered', null, 410],
        ['route', 1, 'moved', 'elsewhere', 'a', null],
        ['upstream', 1, 'upstream', 'upstream', 'b', null],
        ['rewrite', 1, 'rewrite', 'rewrite', 'a', null],
      ],
    );
    assert.deepEqual([report.changed, report.share], [10, 10 / 12]);
    const [refused] = report.groups;
    assert.equal(refused!.to.policy?.policy, 'authorize');
    assert.match(refused!.to.policy!.source, /new\.yaml:1:\d+$/);
    assert.equal(refused!.to.code, 'credentials_missing');
    assert.deepEqual(refused!.consumers, [
      { name: 'acme', count: 1 },
      { name: null, count: 1 },
    ]);
  });

  it('shows requests by their line in the recording, and what an upstream is asked instead, without secrets', () => {
    const { examples, parts } = report.groups.find(({ cause }) => cause === 'rewrite')!;
    assert.deepEqual(parts, ['path', 'host', 'header x-team']);
    const [example] = examples;
    assert.deepEqual([example!.line, example!.path], [13, '/rewrite/1?token=***&page=2']);
    assert.deepEqual(example!.targets, ['/rewrite/1?token=***&page=2', '/1?token=***&page=2']);
    const unrouted = report.groups.find(({ cause }) => cause === 'unrouted')!;
    assert.deepEqual(unrouted.examples, [
      { line: 5, method: 'POST', host: 'shop.test', path: '/unrouted/1', targets: null },
    ]);
  });

  it('finds nothing between a config and itself, nor when only lines have moved', async () => {
    const traffic = bench.record(TRAFFIC);
    const old = bench.write('same.yaml', configOf({ routes: NEW }));
    const moved = bench.write('moved.yaml', `\n\n# other lines\n${configOf({ routes: NEW })}`);
    for (const path of [old, moved]) assert.equal((await bench.report(traffic, path, '--against', old)).changed, 0);
  });

  it('is a page with counts, places and examples', async () => {
    const [old, now] = [
      bench.write('old.yaml', configOf({ routes: OLD })),
      bench.write('new.yaml', configOf({ routes: NEW })),
    ];
    const { stdout, status } = await bench.run(
      '--recording',
      bench.record(TRAFFIC),
      '-c',
      now,
      '--against',
      old,
      '--limit-groups',
      '1',
    );
    assert.equal(status, 0);
    assert.match(stdout, /^10 of 12 requests change \(83\.3%\)$/m);
    assert.match(
      stdout,
      /^now refused {2}2 requests \(16\.7%\)\n +2 +16\.7% {2}route refused \(.*new\.yaml:1:\d+\)\n +forward to a -> 401 credentials_missing by authorize \(/m,
    );
    assert.match(stdout, /^ +of acme 1, nobody known 1\n +line 3: GET shop\.test\/refused\/1$/m);
    assert.match(stdout, /^answered otherwise {2}2 requests[\s\S]*?^ {2}and 1 more kind with 1 request$/m);
  });
});

describe('a replay of one config', () => {
  it('compares with what happened: route, and what the gateway itself answered', async () => {
    const now = bench.write('new.yaml', configOf({ routes: NEW }));
    const { groups, warnings } = await bench.report(
      bench.record([
        { path: '/kept/1', route: 'kept', upstreamMs: 3, status: 404 },
        { path: '/kept/2', route: 'other', upstreamMs: 3 },
        { path: '/refused/1', route: 'refused', upstreamMs: 3 },
        { path: '/refused/2', route: 'refused', status: 401 },
        { path: '/admitted/1', route: 'admitted', status: 403 },
        { path: '/routed/1', status: 404 },
        { path: '/nowhere', status: 404 },
        { path: '/unrouted/1', route: 'unrouted', upstreamMs: 1 },
        { path: '/answered/1', route: 'answered', upstreamMs: 1 },
        { path: '/answer/1', route: 'answer', status: 451 },
      ]),
      now,
    );
    assert.deepEqual(
      groups.map(({ cause, count, from }) => [cause, count, from.route, from.status]),
      [
        ['refused', 1, 'refused', 200],
        ['unrouted', 1, 'unrouted', 200],
        ['admitted', 1, 'admitted', 403],
        ['routed', 1, null, 404],
        ['answer', 1, 'answered', 200],
        ['route', 1, 'other', 200],
      ],
    );
    assert.deepEqual(warnings, []);
  });

  it('says that statuses alone are compared where no routes were recorded', async () => {
    const now = bench.write('new.yaml', configOf({ routes: NEW }));
    const { changed, warnings } = await bench.report(
      bench.record([{ path: '/routed/1', status: 404 }, { path: '/refused/1' }]),
      now,
    );
    assert.equal(changed, 1);
    assert.match(warnings[0]!, /^the recording names no routes: only statuses are compared/);
  });
});
