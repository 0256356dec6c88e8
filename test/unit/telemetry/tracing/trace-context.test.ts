import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  continueTracestate,
  parseTraceparent,
  renderTraceparent,
} from '../../../../src/telemetry/tracing/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const digits = (count: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: count, maxLength: count });
const id = (count: number) => digits(count).filter((text) => /[^0]/.test(text));

describe('a traceparent', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(id(32), id(16), fc.boolean(), (traceId, parentId, sampled) => {
        assert.deepEqual(parseTraceparent(renderTraceparent(traceId, parentId, sampled)), {
          traceId,
          parentId,
          sampled,
        });
      }),
    );
  });

  const wrong: readonly [what: string, value: string][] = [
    ['empty', ''],
    ['zero trace id', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['zero parent id', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['short version', `0-${TRACE}-${SPAN}-01`],
    ['version that is no number', `.0-${TRACE}-${SPAN}-01`],
    ['version 00 that goes on', `00-${TRACE}-${SPAN}-01-more`],
    ['version 00 with a dash behind', `00-${TRACE}-${SPAN}-01-`],
    ['later version that goes on without a dash', `cc-${TRACE}-${SPAN}-01.more`],
    ['short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['long trace id', `00-${TRACE}0-${SPAN}-01`],
    ['short flags', `00-${TRACE}-${SPAN}-1`],
    ['long flags', `00-${TRACE}-${SPAN}-001`],
    ['blank', `00-${TRACE}-${SPAN}-01 `],
    ['two of them', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ];
  for (const [what, value] of wrong) it(`is none: ${what}`, () => assert.equal(parseTraceparent(value), null));

  it('of a later version is read as far as it is known', () => {
    for (const value of [`cc-${TRACE}-${SPAN}-01`, `cc-${TRACE}-${SPAN}-01-what-comes-then`]) {
      assert.deepEqual(parseTraceparent(value), { traceId: TRACE, parentId: SPAN, sampled: true });
    }
  });

  it('says sampled by its lowest bit alone', () => {
    for (const [flags, sampled] of [
      ['00', false],
      ['01', true],
      ['02', false],
      ['ff', true],
      ['fe', false],
    ] as const) {
      assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-${flags}`)!.sampled, sampled, flags);
    }
  });

  it('is never made of anything but its alphabet, whatever comes in', () => {
    const nearly = fc.tuple(digits(2), digits(32), digits(16), digits(2), fc.string({ maxLength: 5 }));
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      nearly.map(([version, trace, span, flags, rest]) => `${version}-${trace}-${span}-${flags}${rest}`),
    );
    fc.assert(
      fc.property(anything, (value) => {
        const parent = parseTraceparent(value);
        if (parent === null) return;
        const again = renderTraceparent(parent.traceId, parent.parentId, parent.sampled);
        assert.match(again, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
        assert.ok(value.startsWith(again.slice(2, 52), 2));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a tracestate', () => {
  it('goes on as it came, but for blanks and empty members', () => {
    for (const [value, sent] of [
      ['foo=1', 'foo=1'],
      [' foo=1 ,\tbar=a b ', 'foo=1,bar=a b'],
      ['foo=1,,,bar=2,', 'foo=1,bar=2'],
      ['fw529a3039@dt=FfAAAA, 0a@b=!', 'fw529a3039@dt=FfAAAA,0a@b=!'],
      [`${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    ] as const) {
      assert.equal(continueTracestate(value), sent);
    }
  });

  it('is dropped as a whole when any of it is malformed', () => {
    const many = Array.from({ length: 33 }, (_, index) => `a${index}=1`).join(',');
    const wrong = [
      '',
      ' , ',
      'foo',
      'foo=',
      '=1',
      'Foo=1',
      '1foo=1',
      'foo =1',
      'foo=1=2',
      'foo=é',
      'a=1,foo=1,foo=2',
      'a@=1',
      `${'a'.repeat(257)}=1`,
      `a=${'1'.repeat(257)}`,
      `a@${'b'.repeat(15)}=1`,
      many,
    ];
    for (const value of wrong) assert.equal(continueTracestate(value), null, value);
  });

  it('keeps what is newest when it is too long, and gives up long members first', () => {
    const long = `long=${'x'.repeat(200)}`;
    const short = Array.from({ length: 31 }, (_, index) => `key${index}=${'y'.repeat(12)}`);
    const sent = continueTracestate([long, ...short].join(','))!;
    assert.ok(sent.length <= 512 && !sent.includes('long='));
    assert.equal(sent, short.slice(0, sent.split(',').length).join(','));
  });

  it('never grows, never holds a line break, and once sent goes on unchanged', () => {
    const member = fc.tuple(fc.stringMatching(/^[a-z][a-z0-9_*/-]{0,40}$/), fc.stringMatching(/^[!-+.-<>-~]{1,200}$/));
    const list = fc
      .array(
        member.map(([key, value]) => `${key}=${value}`),
        { maxLength: 40 },
      )
      .map((all) => all.join(' , '));
    fc.assert(
      fc.property(fc.oneof(list, fc.string({ unit: 'binary', maxLength: 600 })), (value) => {
        const sent = continueTracestate(value);
        if (sent === null) return;
        assert.match(sent, /^[\x20-\x7e]{1,512}$/);
        assert.ok(sent.length <= value.length);
        assert.equal(continueTracestate(sent), sent);
      }),
      { numRuns: 300 },
    );
  });
});
