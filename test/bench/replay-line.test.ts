import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { WorkloadLine } from '../../bench/load/workload.ts';
import { replayLine } from '../../bench/replay-line.ts';
import type { RecordedExchange } from '../../src/recording/recorded-exchange.ts';

function recorded(different: Partial<RecordedExchange> = {}): RecordedExchange {
  return {
    ...{ at: 12, scheme: null, method: 'GET', host: 'shop.example.com', path: '/catalog/42', headers: [], body: null },
    ...{ client: null, consumer: null, route: null, status: 200, responseBytes: 512, upstreamMs: 3.4 },
    ...different,
  };
}

function replay(different: Partial<RecordedExchange> = {}, secrets: Record<string, string> = {}): WorkloadLine {
  const line = replayLine(recorded(different), {
    routeOf: () => 'catalog',
    secrets: new Map(Object.entries(secrets)),
    mostAnswerBytes: 1_000,
  });
  assert.ok(typeof line !== 'string', String(line));
  return line;
}

const linesOf = ({ head }: WorkloadLine): string[] => head.split('\r\n');

describe('a recorded exchange, sent again', () => {
  it('asks for what was asked, and tells the origin to answer what was answered', () => {
    const line = replay({ headers: [['Accept', 'text/html']] });
    assert.deepEqual(linesOf(line), [
      'GET /catalog/42 HTTP/1.1',
      'host: shop.example.com',
      'Accept: text/html',
      'x-bench-answer: 200;512;3',
      '',
      '',
    ]);
    assert.deepEqual([line.at, line.label, line.expect, line.bodyless], [12, 'catalog', 200, false]);
  });

  it('has framing and connection headers of its own, and the client as the gateway saw it', () => {
    const headers: RecordedExchange['headers'] = [
      ['Connection', 'close, X-Hop'],
      ['x-hop', '1'],
      ['Transfer-Encoding', 'chunked'],
      ['content-length', '999'],
      ['x-forwarded-for', '6.6.6.6'],
      ['x-bench-answer', '500;0;60000'],
      ['cookie', 'a=b'],
    ];
    const line = replay({ headers, method: 'POST', body: { text: 'é' }, client: '10.1.2.3', scheme: 'https' });
    assert.deepEqual(linesOf(line).slice(1, -3), [
      'host: shop.example.com',
      'cookie: a=b',
      'x-forwarded-for: 10.1.2.3',
      'x-forwarded-proto: https',
      'content-length: 2',
    ]);
    assert.equal(Buffer.from(line.body!, 'base64').toString(), 'é');
  });

  it('sends filler of its size for a body that was not kept', () => {
    const line = replay({ method: 'PUT', body: { bytes: 70_000, sha256: null } });
    assert.deepEqual([line.body, line.fillerBytes], [null, 70_000]);
    assert.ok(linesOf(line).includes('content-length: 70000'));
  });

  it('expects nothing of a client that was sent nothing, nor of a request without a route', () => {
    assert.equal(replay({ status: 0 }).expect, 0);
    const line = replayLine(recorded(), { routeOf: () => null, secrets: new Map(), mostAnswerBytes: 1_000 });
    assert.ok(typeof line !== 'string');
    assert.deepEqual([line.label, line.expect], ['-', 0]);
  });

  it('is answered with no more than may be', () => {
    assert.ok(linesOf(replay({ responseBytes: 69_000_000 })).includes('x-bench-answer: 200;1000;3'));
  });

  it('puts credentials in the place of pseudonyms', () => {
    const line = replay(
      { headers: [['authorization', 'Bearer psn-1']], path: '/?key=psn-2' },
      { 'psn-1': '$&', 'psn-2': 'k' },
    );
    assert.equal(linesOf(line)[0], 'GET /?key=k HTTP/1.1');
    assert.ok(linesOf(line).includes('authorization: Bearer $&'));
  });

  it('is left out, with the reason, when it cannot be sent', () => {
    const rules = { routeOf: () => null, secrets: new Map<string, string>(), mostAnswerBytes: 1_000 };
    assert.equal(replayLine(recorded({ method: 'CONNECT' }), rules), 'the method cannot be sent');
    assert.equal(replayLine(recorded({ path: '/a b' }), rules), 'the path cannot be sent');
    assert.equal(replayLine(recorded({ path: '/a\r\nx: y' }), rules), 'the path cannot be sent');
    assert.equal(replayLine(recorded({ host: 'a\nb' }), rules), 'the host cannot be sent');
  });

  it('is one head of single octets whatever was recorded', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const headers = fc.array(fc.tuple(text, text), { maxLength: 5 });
    fc.assert(
      fc.property(text, text, text, headers, (method, host, path, lines) => {
        const rules = { routeOf: () => null, secrets: new Map<string, string>(), mostAnswerBytes: 1_000 };
        const line = replayLine(recorded({ method, host, path: `/${path}`, headers: lines }), rules);
        if (typeof line === 'string') return;
        assert.match(line.head, /^[\0-\xff]*$/);
        assert.equal(line.head.indexOf('\r\n\r\n'), line.head.length - 4);
        for (const text of line.head.slice(0, -4).split('\r\n').slice(1)) assert.match(text, /^[^\s:]+: [^\r\n\0]*$/);
      }),
    );
  });
});
