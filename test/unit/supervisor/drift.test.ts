import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Drift, driftOf } from '../../../src/supervisor/drift.ts';
import type { PulledLever } from '../../../src/supervisor/levers/pulled-lever.ts';

const A = { id: 'aaaaaaaaaaaa', label: 'commit-a' };
const B = { id: 'bbbbbbbbbbbb', label: 'commit-b' };
const TROUBLE = { at: '2026-11-21T10:00:00.000Z', message: 'no' };
const SOURCE: Drift['source'] = {
  ...{ description: 'here', snapshot: A, refusal: null, label: 'commit-a' },
  ...{ answeredAt: TROUBLE.at, unreachable: null, trial: null },
};
const LEVER: PulledLever = {
  ...{ id: '1', lever: { kind: 'log-level', level: 'debug' }, who: 'me', why: 'because', at: TROUBLE.at, until: null },
};

const CASES: readonly (readonly [what: string, source: Partial<Drift['source']>, reason: RegExp | null])[] = [
  ['the source says what runs', {}, null],
  [
    'the source cannot be asked, and said what runs when it could',
    { unreachable: TROUBLE, refusal: { ...TROUBLE, label: null } },
    null,
  ],
  [
    'the source could never be asked',
    { snapshot: null, unreachable: TROUBLE, refusal: { ...TROUBLE, label: null } },
    /cannot be reached/,
  ],
  ['a commit was refused', { refusal: { ...TROUBLE, label: 'commit-b' } }, /source's commit-b cannot be used/],
  [
    'a commit was refused, and the host is gone since',
    { unreachable: TROUBLE, refusal: { ...TROUBLE, label: 'commit-b' } },
    /commit-b cannot be used/,
  ],
  [
    'a file was refused',
    { snapshot: null, refusal: { ...TROUBLE, label: null } },
    /What the source says cannot be used; .*commit-a/,
  ],
  [
    'what it says needs a restart',
    { snapshot: B, refusal: { ...TROUBLE, label: 'commit-b' } },
    /commit-b cannot be used/,
  ],
  ['what it says is on trial', { snapshot: B, trial: 'watching' }, /commit-b \(bbbbbbbbbbbb\) is on trial/],
  ['a trial was given up', { snapshot: B, trial: 'aborted' }, /commit-b .* tried out and given up; commit-a/],
  ['it was rolled back', { snapshot: B }, /commit-b .* was rolled back; commit-a/],
  ['an older commit was refused, what runs is the same', { label: 'commit-c' }, null],
];

describe('drift', () => {
  for (const [what, source, reason] of CASES) {
    it(`${reason === null ? 'is none' : 'is told of'} when ${what}`, () => {
      const drift = driftOf({ live: A, source: { ...SOURCE, ...source }, levers: [] });
      assert.equal(drift.isDrifting, reason !== null);
      assert.equal(drift.reasons.length, reason === null ? 0 : 1);
      if (reason !== null) assert.match(drift.reasons[0]!, reason);
    });
  }

  it('is what was changed by hand too', () => {
    const { isDrifting, reasons } = driftOf({ live: A, source: SOURCE, levers: [LEVER] });
    assert.deepEqual([isDrifting, reasons], [true, ['1 lever is pulled.']]);
    assert.equal(driftOf({ live: B, source: SOURCE, levers: [LEVER, LEVER] }).reasons.length, 2);
  });
});
