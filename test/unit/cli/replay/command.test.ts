/** What `penstock replay` makes of rules, of recordings that are broken and of wrong use. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fileLifetime } from '../../../support/file-lifetime.ts';
import { configOf, type ExchangeParts, exchangeLine, HEAD, ReplayBench } from './a-replay.ts';

const file = fileLifetime();
let bench: ReplayBench;
let old: string;
let now: string;
before(() => {
  bench = new ReplayBench(file);
  const routes = (upstream: string): object[] => [
    { name: 'a', match: { path: '/a/*' }, forward: { upstream } },
    { name: 'b', match: { path: '/b/*' }, forward: { upstream: 'a' } },
  ];
  old = bench.write(
    'old.yaml',
    configOf({ routes: [...routes('a'), { name: 'c', match: { path: '/c' }, forward: { upstream: 'a' } }] }),
  );
  now = bench.write('new.yaml', configOf({ routes: routes('b') }));
});

const TRAFFIC: readonly ExchangeParts[] = [
  { path: '/a/1' },
  { path: '/a/2' },
  { path: '/b/1' },
  { path: '/c', method: 'PUT' },
];

describe('rules', () => {
  it('that hold leave the exit code at 0; one that is broken makes it 1, and is named with its requests', async () => {
    const run = (...rules: string[]): ReturnType<ReplayBench['run']> =>
      bench.run(
        '--recording',
        bench.record(TRAFFIC),
        '-c',
        now,
        '--against',
        old,
        ...rules.flatMap((rule) => ['--allow', rule]),
      );
    assert.equal((await run()).status, 0);
    assert.equal((await run('status!=401', 'changed<=75%', 'unrouted=1', 'refused<1')).status, 0);
    const { status, stdout } = await run('cause=upstream && path=~/a/*', 'changed<=2', 'code!=rate_limited');
    assert.equal(status, 1);
    const rules = stdout.slice(stdout.indexOf('\nrules\n'));
    assert.equal(
      rules,
      `
rules
  BROKEN  cause=upstream && path=~/a/*: 1 request
                    line 5: PUT shop.test/c
  BROKEN  changed<=2: 3 requests
  holds   code!=rate_limited: 0 requests
`,
    );
    assert.equal((await run('method=GET')).status, 1);
    assert.equal((await run('outcome=forward')).status, 1);
  });

  it('that are none are wrong use, with the column', async () => {
    const { status, stderr } = await bench.run('--recording', bench.record(TRAFFIC), '-c', now, '--allow', 'status=');
    assert.equal(status, 2);
    assert.match(stderr, /^penstock replay: --allow "status=": column 8: the rule ends here, expected a value$/m);
  });
});

describe('a recording', () => {
  it('may be compressed', async () => {
    const path = bench.write('traffic.gz', '');
    writeFileSync(path, gzipSync(`${[HEAD, ...TRAFFIC.map(exchangeLine)].join('\n')}\n`));
    const { recording, changed } = await bench.report(path, now, '--against', old);
    assert.deepEqual([recording.requests, changed], [4, 3]);
  });

  it('with bad lines is replayed without them, which are counted and shown by their place', async () => {
    const good = TRAFFIC.map(exchangeLine);
    const path = bench.write(
      'bad.ndjson',
      [HEAD, good[0], '{"at":', good[3], '{"at":1,"secret":"hush"}', good[1]].join('\n'),
    );
    const { stdout, status } = await bench.run('--recording', path, '-c', now, '--against', old);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^rejected {2}2 lines of the recording\n +.*bad\.ndjson:3: this is not JSON\n +.*bad\.ndjson:5: /m,
    );
    assert.match(stdout, /line 4: PUT shop\.test\/c$/m);
    assert.match(stdout, /line 6: GET shop\.test\/a\/2$/m);
    assert.doesNotMatch(stdout, /hush/);
  });

  it('with whatever in it is replayed to its end, each line a request or a bad one, and itself changes nothing', async () => {
    const odd = fc.string({ unit: 'binary', maxLength: 12 });
    const exchange = fc
      .record({
        at: fc.constantFrom(0, 0, 0, -1, 5),
        scheme: fc.constantFrom('http', 'https', null),
        method: fc.constantFrom('GET', 'POST', 'get', 'TRACE', 'CONNECT', '%'),
        host: fc.oneof(fc.constantFrom('shop.test', '[::1]:80', '', 'a:b:c', 'shop.test:99999'), odd),
        path: fc.oneof(
          fc.constantFrom('/a/1', '/a/%00', '/a/..%2f', '*', '/c?%zz&=&'),
          odd.map((text) => `/${text}`),
        ),
        headers: fc.array(
          fc.tuple(fc.constantFrom('Host', 'content-length', 'Connection', 'expect', 'x-a', 'cookie'), odd),
          { maxLength: 3 },
        ),
        client: fc.constantFrom('10.0.0.1', 'fd00::1', 'nobody', null),
        body: fc.constantFrom(null, { text: 'é' }, { base64: 'AAA=' }, { bytes: 2 ** 40 }, { bytes: 1, sha256: null }),
        consumer: fc.oneof(fc.constant(null), odd),
        status: fc.constantFrom(0, 200, 404, 999),
      })
      .map((parts) => JSON.stringify(parts));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 5, arbitrary: exchange }, fc.json(), fc.constant('x')), {
          minLength: 1,
          maxLength: 20,
        }),
        async (lines) => {
          const path = bench.write('odd.ndjson', `${[HEAD, ...lines].join('\n')}\n`);
          const { recording, changed } = await bench.report(path, now, '--against', now);
          assert.deepEqual([recording.requests + recording.badLines, changed], [lines.length, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('cannot steer the terminal that its names and paths are shown on', async () => {
    const evil = { path: '/c\u009b2J', consumer: 'a\u001b[2J', host: 'shop.test' };
    const { stdout } = await bench.run('--recording', bench.record([evil]), '-c', now);
    assert.match(stdout, /^ +of a\?\[2J 1$/m);
    assert.match(stdout, /GET shop\.test\/c\?2J$/m);
    assert.doesNotMatch(stdout, /[\u001b\u009b]/);
  });

  it('without a usable line, or that is none, makes the answer no', async () => {
    for (const [text, complaint] of [
      [`${HEAD}\n`, /has no request that can be replayed/],
      [`${HEAD}\nnonsense\n`, /has no request that can be replayed/],
      ['nonsense\n', /this is no recording, expected a first line/],
      ['', /this is no recording/],
    ] as const) {
      const { status, stderr } = await bench.run('--recording', bench.write('none.ndjson', text), '-c', now);
      assert.equal(status, 1);
      assert.match(stderr, complaint);
    }
    const { status, stderr } = await bench.run('--recording', '/nowhere/at/all', '-c', now);
    assert.deepEqual([status, /ENOENT/.test(stderr)], [1, true]);
  });
});

describe('use of the command', () => {
  it('that is wrong is told from a config that cannot be used', async () => {
    const recording = bench.record(TRAFFIC);
    for (const args of [
      [],
      ['-c', now],
      ['--recording', recording],
      ['--recording', recording, '-c', now, '--limit-groups', '0'],
      ['x'],
    ])
      assert.equal((await bench.run(...args)).status, 2, args.join(' '));
    const broken = bench.write('broken.yaml', 'version: 1\nroutes: 5\n');
    const { status, stderr } = await bench.run('--recording', recording, '-c', broken);
    assert.equal(status, 1);
    assert.match(stderr, /broken\.yaml:2:/);
    assert.match((await bench.run('--help')).stdout, /^Usage: penstock replay [\s\S]*^Example:$/m);
  });
});
