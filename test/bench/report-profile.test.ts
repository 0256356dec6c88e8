import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { profileOf } from '../../bench/profile/collect-profile.ts';
import { type CpuProfile, readCpuProfile, selfTimes, within } from '../../bench/profile/cpu-profile.ts';
import { type Flame, flameGraph, flamesOf } from '../../bench/profile/flame-graph.ts';
import { STAGES, stagesOfProfile } from '../../bench/profile/stages-of-profile.ts';
import { writeReport } from '../../bench/report/write-report.ts';
import { benchResult } from '../support/bench-result.ts';
import { tempDir } from '../support/temp-dir.ts';

const BUILD = 'file:///somewhere/penstock/dist/';
const URLS = [
  '',
  'node:net',
  'node:internal/timers',
  `${BUILD}src/acceptor/pipeline.js`,
  `${BUILD}src/acceptor/listener/uws/uws-listener.js`,
  `${BUILD}src/acceptor/upstream/connection.js`,
  `${BUILD}src/acceptor/response/render-head.js`,
  `${BUILD}src/decision/route/path-trie.js`,
  `${BUILD}src/decision/policies/cors.js`,
  `${BUILD}src/telemetry/log-line.js`,
  'file:///somewhere/penstock/node_modules/lru-cache/index.js',
];

interface Call {
  readonly name: string;
  readonly url: string;
  /** Place of the caller among those before; the root's is not looked at. */
  readonly caller: number;
}

/** Ids are 10, 20, ... in the order of the calls; each sample is [place of a call, microseconds]. */
function profileWith(calls: readonly Call[], samples: readonly (readonly [number, number])[]): CpuProfile {
  const id = (place: number): number => (place + 1) * 10;
  const all: readonly Call[] = [{ name: '(root)', url: '', caller: 0 }, ...calls];
  const nodes = all.map(({ name, url }, place) => ({
    id: id(place),
    callFrame: { functionName: name, url, lineNumber: 4, columnNumber: 0 },
    children: all.flatMap(({ caller }, other) => (other > 0 && caller === place ? [id(other)] : [])),
  }));
  const lengths = samples.map(([, micros]) => micros);
  return {
    nodes,
    startTime: 1_000,
    endTime: 1_000 + lengths.reduce((sum, micros) => sum + micros, 0),
    samples: samples.map(([place]) => id(place)),
    timeDeltas: [0, ...lengths.slice(0, -1)].slice(0, samples.length),
  };
}

const anyProfile = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc
    .tuple(
      fc.tuple(
        ...Array.from({ length: size }, (_, index) =>
          fc.record({
            name: fc.constantFrom('a', 'b', '', '(idle)', '(program)', '(garbage collector)', '<i>"x"</i>'),
            url: fc.constantFrom(...URLS),
            caller: fc.integer({ min: 0, max: index }),
          }),
        ),
      ),
      fc.array(fc.tuple(fc.integer({ min: 0, max: size }), fc.integer({ min: 0, max: 5_000 })), { maxLength: 30 }),
    )
    .map(([calls, samples]) => profileWith(calls, samples)),
);

const shareOf = (profile: CpuProfile, stage: string): number =>
  stagesOfProfile(profile).find((each) => each.stage === stage)?.share ?? 0;

describe('shares of the time by stage', () => {
  it('add up to 1, every stage once, whatever the profile', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const stages = stagesOfProfile(profile);
        if (stages.length === 0) {
          const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
          for (const [id, micros] of selfTimes(profile)) assert.ok(micros === 0 || names.get(id) === '(idle)');
          return;
        }
        assert.deepEqual(
          stages.map(({ stage }) => stage),
          STAGES,
        );
        assert.ok(stages.every(({ share }) => share >= 0));
        assert.ok(Math.abs(stages.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('are of the innermost file of Penstock, whatever it calls; idle time is in none', () => {
    const at = (place: number): string => URLS[place];
    const calls: Call[] = [
      { name: 'serve', url: at(4), caller: 0 },
      { name: 'find', url: at(7), caller: 1 },
      { name: 'get', url: at(10), caller: 2 },
      { name: 'onread', url: at(1), caller: 0 },
      { name: '(idle)', url: '', caller: 0 },
      { name: '(garbage collector)', url: '', caller: 3 },
      { name: 'tick', url: at(2), caller: 0 },
    ];
    const profile = profileWith(calls, [
      [1, 100],
      [3, 200],
      [4, 400],
      [5, 5_000],
      [6, 100],
      [7, 200],
    ]);
    const shares = { listener: 0.1, route: 0.2, upstream: 0.4, 'garbage collection': 0.1, other: 0.2 };
    for (const [stage, share] of Object.entries(shares)) assert.equal(shareOf(profile, stage), share, stage);
  });

  it('can be had of a stretch of the time alone', () => {
    const calls = [0, 5, 4].map((place) => ({ name: 'f', url: URLS[place], caller: 0 }));
    const profile = profileWith(calls, [
      [1, 500],
      [2, 300],
      [3, 100],
      [1, 900],
    ]);
    const part = within(profile, { from: 1_500, to: 1_899 });
    assert.deepEqual(
      [...selfTimes(part)],
      [
        [30, 300],
        [40, 99],
      ],
    );
    assert.deepEqual(stagesOfProfile(within(profile, { from: 9_000, to: 9_100 })), []);
  });
});

describe('a flame graph', () => {
  it('gives every call as much as it and its callees took', () => {
    const check = ({ micros, callees }: Flame): void => {
      assert.ok([...callees.values()].reduce((sum, callee) => sum + callee.micros, 0) <= micros);
      for (const callee of callees.values()) check(callee);
    };
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const root = flamesOf(profile);
        const page = flameGraph(profile)?.toString() ?? '';
        assert.equal(root === null, stagesOfProfile(profile).length === 0);
        assert.doesNotMatch(page, /<i>|NaN|undefined/);
        if (root !== null) check(root);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the profile of a gateway', () => {
  const ofAcceptor = profileWith(
    [
      { name: 'serve', url: URLS[4], caller: 0 },
      { name: 'user policy', url: 'file:///home/somebody/policy.js', caller: 1 },
    ],
    [
      [1, 600],
      [2, 200],
    ],
  );
  const ofSupervisor = profileWith(
    [{ name: 'watch', url: `${BUILD}src/supervisor/supervisor.js`, caller: 0 }],
    [[1, 9_000]],
  );

  it("is the acceptor's among those of all processes, says nothing of the machine's folders, and is in the report", (t) => {
    const folder = tempDir(t);
    writeFileSync(join(folder, 'CPU.1.cpuprofile'), JSON.stringify(ofSupervisor));
    writeFileSync(join(folder, 'CPU.2.cpuprofile'), JSON.stringify(ofAcceptor));
    const { profile, result } = profileOf(folder);
    assert.deepEqual(
      profile.nodes.map(({ callFrame }) => callFrame.url),
      ['', 'dist/src/acceptor/listener/uws/uws-listener.js', 'policy.js'],
    );
    assert.equal(shareOf(profile, 'listener'), 1);
    writeReport(folder, { ...benchResult('profiled', { seconds: 1, perSecond: 20 }), profile: result }, profile);
    assert.deepEqual(readCpuProfile(join(folder, result.file)), profile);
    assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /title="user policy, policy.js:5, 25.0%"/);
  });

  it('is missed with a sentence', (t) => {
    const folder = tempDir(t);
    writeFileSync(join(folder, 'CPU.1.cpuprofile'), JSON.stringify(ofSupervisor));
    assert.throws(() => profileOf(folder), /holds no CPU profile of an acceptor/);
    writeFileSync(join(folder, 'CPU.2.cpuprofile'), '{"nodes":[]');
    assert.throws(() => profileOf(folder), /CPU\.2\.cpuprofile holds no CPU profile: /);
  });
});
