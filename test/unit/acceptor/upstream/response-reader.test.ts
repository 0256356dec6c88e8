import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_INTERIM_RESPONSES, READ, ResponseReader } from '../../../../src/acceptor/upstream/response-reader.ts';
import { Recorder } from './recorder.ts';

interface Reading {
  readonly summary: object;
  readonly outcome: number;
  readonly surplus: boolean;
  readonly failure: string | null;
}

/** Reads the pieces one after the other out of one buffer that is overwritten each time, as the socket's is. */
function read(pieces: readonly Buffer[], isHead = false): Reading {
  const reader = new ResponseReader();
  const recorder = new Recorder();
  const shared = Buffer.alloc(70_000);
  reader.begin(recorder, isHead);
  let outcome: number = READ.waiting;
  for (const piece of pieces) {
    if (outcome !== READ.waiting) break;
    shared.fill(0x58);
    piece.copy(shared);
    outcome = reader.read(shared, piece.length);
  }
  const failure = outcome === READ.failed ? reader.failure : null;
  return { summary: recorder.summary, outcome, surplus: reader.hasSurplus, failure };
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

const VALID = {
  length: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world',
  empty: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  noContent: 'HTTP/1.1 204 No Content\r\n\r\n',
  chunked:
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00A;ext="a;b"\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n',
  trailers:
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0;last\r\nX-Sum: abc\r\nhostile: no\r\nEmpty:\r\n\r\n',
  interim:
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  close: 'HTTP/1.0 200 OK\r\n\r\nto the end',
  strayLine: '\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx',
} as const;

describe('response reader: any split gives the same response', () => {
  for (const [name, text] of Object.entries(VALID)) {
    it(name, () => {
      const bytes = latin1(text);
      const whole = read([bytes]);
      assert.equal(whole.outcome, name === 'close' ? READ.waiting : READ.complete);
      for (let cut = 1; cut < bytes.length; cut++) {
        assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut at ${cut}`);
      }
      assert.deepEqual(read(Array.from(bytes, (octet) => Buffer.of(octet))), whole, 'byte by byte');
    });
  }

  it('holds for several cuts anywhere, and for what is wrong as well', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...Object.values(VALID)),
        fc.nat(),
        fc.constantFrom('', '\r', '\n', '\0', ' ', ':', '0', 'g', ';', ','),
        fc.nat(2),
      )
      .map(([text, at, insert, cut]) => {
        const place = at % text.length;
        return text.slice(0, place) + insert + text.slice(place + cut);
      });
    fc.assert(
      fc.property(mutated, fc.array(fc.nat(), { maxLength: 6 }), (text, cuts) => {
        const bytes = latin1(text);
        const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
        const whole = read([bytes]);
        const split = read(pieces.filter((piece) => piece.length > 0));
        // A head that came in pieces is looked at when it is whole, so bad bytes in an unfinished one show later.
        if (whole.outcome === READ.failed && split.outcome === READ.waiting) return;
        assert.deepEqual({ ...split, surplus: false }, { ...whole, surplus: false });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('response reader: hostile bytes', () => {
  it('never throws and never ends well on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        assert.notEqual(read([Buffer.from(noise)]).outcome, READ.complete);
      }),
      { numRuns: 1000 },
    );
  });

  it('never delivers more body than declared', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.uint8Array({ maxLength: 100 }), (length, rest) => {
        const reading = read([Buffer.concat([latin1(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`), rest])]);
        const { body } = reading.summary as { body: string };
        assert.equal(body.length, Math.min(length, rest.length));
        assert.equal(reading.outcome, rest.length >= length ? READ.complete : READ.waiting);
        assert.equal(reading.surplus, rest.length > length);
      }),
    );
  });

  it('gives back any body in any chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' })),
        fc.nat(),
        (chunks, cut) => {
          const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
          const bytes = latin1(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${framed}0\r\n\r\n`);
          const at = cut % bytes.length;
          const reading = read([bytes.subarray(0, at), bytes.subarray(at)]);
          assert.equal(reading.outcome, READ.complete);
          assert.equal((reading.summary as { body: string }).body, chunks.join(''));
        },
      ),
    );
  });

  for (const chunks of [
    'g\r\n',
    '\r\n',
    ' 5\r\nhello\r\n',
    '5 \r\nhello\r\n',
    '+5\r\nhello\r\n',
    '-1\r\n',
    '0x5\r\nhello\r\n',
    '5\nhello\r\n',
    '5\r\nhelloX\r\n',
    '5\r\nhello\n0\r\n',
    '5\r\nhello\rX',
    '5\rXhello\r\n',
    '5;a\nhello\r\n',
    '5;a\0b\r\nhello\r\n',
    '20000000000000\r\n',
    '0000000000000005\r\nhello\r\n',
    `5;${'a'.repeat(16 * 1024 + 1)}\r\nhello\r\n`,
    '0\r\nContent-Length: 5\r\n\r\n',
    '0\r\ntransfer-encoding: chunked\r\n\r\n',
    '0\r\nHOST: x\r\n\r\n',
    '0\r\nName : x\r\n\r\n',
    '0\r\n: x\r\n\r\n',
    '0\r\n folded\r\n\r\n',
    '0\r\nName: a\0\r\n\r\n',
    '0\r\nName: a\n\r\n',
    '0\r\n\rX',
    `0\r\nx: ${'a'.repeat(16 * 1024)}\r\n\r\n`,
  ]) {
    it(`refuses chunks ${JSON.stringify(chunks.slice(0, 40))}`, () => {
      const reading = read([latin1(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`)]);
      assert.equal(reading.failure, 'upstream_response_malformed');
    });
  }

  it('takes 16 interim responses and not one more', () => {
    const interim = 'HTTP/1.1 102 Processing\r\n\r\n';
    assert.equal(read([latin1(interim.repeat(MAX_INTERIM_RESPONSES) + VALID.empty)]).outcome, READ.complete);
    assert.equal(read([latin1(interim.repeat(MAX_INTERIM_RESPONSES + 1))]).failure, 'upstream_response_malformed');
    assert.equal(
      read([latin1('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n')]).failure,
      'upstream_response_malformed',
    );
  });

  it('refuses a head that grows past 64 KiB, however it comes', () => {
    const head = latin1(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`);
    const pieces = Array.from({ length: 70 }, (_, i) => head.subarray(i * 1000, (i + 1) * 1000));
    assert.equal(read(pieces).failure, 'upstream_response_too_large');
  });

  it('finds bytes behind responses that have no body', () => {
    assert.equal(read([latin1(`${VALID.noContent}x`)]).surplus, true);
    assert.equal(read([latin1(VALID.length)], true).surplus, true);
    assert.equal(read([latin1('HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok')]).surplus, true);
    assert.equal(read([latin1(VALID.empty)]).surplus, false);
  });
});

describe('response reader: a handler in control', () => {
  it('keeps everything back between pause and resume', () => {
    const reader = new ResponseReader();
    const recorder = new Recorder();
    recorder.onEvent = () => reader.pause();
    reader.begin(recorder, false);
    const bytes = latin1(VALID.chunked);
    const seen: string[] = [];
    let outcome = reader.read(bytes, bytes.length);
    for (let rounds = 0; outcome === READ.waiting && rounds < 10; rounds++) {
      seen.push(recorder.body);
      outcome = reader.resume();
    }
    assert.equal(outcome, READ.complete);
    assert.deepEqual(seen, ['', 'hello', 'hello0123456789', 'hello0123456789x']);
  });

  it('collects what arrives although it was paused', () => {
    const reader = new ResponseReader();
    const recorder = new Recorder();
    reader.begin(recorder, false);
    reader.pause();
    for (const octet of latin1(VALID.length)) reader.read(Buffer.of(octet), 1);
    assert.equal(recorder.heads, 0);
    assert.equal(reader.resume(), READ.complete);
    assert.equal(recorder.body, 'hello world');
  });

  for (const stopAt of ['head', 'body'] as const) {
    it(`says nothing more once abandoned at the ${stopAt}`, () => {
      const reader = new ResponseReader();
      const recorder = new Recorder();
      const events: string[] = [];
      recorder.onEvent = (name) => {
        events.push(name);
        if (name === stopAt) reader.abandon();
      };
      reader.begin(recorder, false);
      const bytes = latin1(VALID.chunked);
      assert.equal(reader.read(bytes, bytes.length), READ.waiting);
      assert.equal(events.at(-1), stopAt);
      assert.equal(events.length, stopAt === 'head' ? 1 : 2);
    });
  }

  it('says when a response arrived whole', () => {
    const arrivedWhole = (...pieces: string[]): unknown => {
      const reader = new ResponseReader();
      const recorder = new Recorder();
      reader.begin(recorder, false);
      for (const piece of pieces) reader.read(latin1(piece), piece.length);
      return recorder.arrivedWhole;
    };
    assert.equal(arrivedWhole(VALID.length), true);
    assert.equal(arrivedWhole(VALID.noContent), true);
    assert.equal(arrivedWhole(VALID.interim), true);
    assert.equal(arrivedWhole(VALID.length.slice(0, -1), 'd'), false);
    assert.equal(arrivedWhole(VALID.chunked), false);
  });
});
