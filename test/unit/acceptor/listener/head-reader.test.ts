import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HttpRequest } from '../../../../native-bindings/uws-types.ts';
import { HeadReader } from '../../../../src/acceptor/listener/uws/head-reader.ts';
import { renderRequestHead } from '../../../../src/acceptor/upstream/request-head.ts';
import type { CompiledListener } from '../../../../src/config/compiled.ts';
import { normaliseHost } from '../../../../src/decision/normalise-host.ts';
import { isRequestHead } from '../../../support/request-head-oracle.ts';

const listener = {
  name: 'test',
  tls: null,
  ownHeaders: null,
  chunkedRequests: 'accept',
  limits: { headerBytes: 16_384, headerCount: 100, bodyBytes: 1_000_000 },
} as unknown as CompiledListener;

/** uWS's request object over bytes: values as UTF-8 in `forEach`, as latin1 and of the first line in `getHeader`. */
function request(method: string, headers: readonly (readonly [name: string, value: string])[]): HttpRequest {
  return {
    getMethod: () => method.toLowerCase(),
    getCaseSensitiveMethod: () => method,
    getUrl: () => '/',
    getQuery: () => undefined,
    getHeader: (name) => headers.find(([other]) => other === name)?.[1] ?? '',
    forEach: (visit) => {
      for (const [name, value] of headers) visit(name, Buffer.from(value, 'latin1').toString('utf8'));
    },
  };
}

const read = (...headers: (readonly [string, string])[]) =>
  new HeadReader(listener).read(request('GET', headers), '192.0.2.1');

describe('head reader', () => {
  for (const [what, headers] of Object.entries({
    'two lengths': [
      ['content-length', '5'],
      ['content-length', '5'],
    ],
    'an empty length': [['content-length', '']],
    'a length with a sign': [['content-length', '+5']],
    'a list of lengths': [['content-length', '5, 5']],
    'a length of sixteen digits': [['content-length', '1000000000000000']],
    'an empty coding': [['transfer-encoding', '']],
    'two codings': [
      ['transfer-encoding', 'chunked'],
      ['transfer-encoding', 'identity'],
    ],
    'a coding that is not chunked': [['transfer-encoding', 'gzip, chunked']],
    'a length beside a coding': [
      ['content-length', '5'],
      ['transfer-encoding', 'chunked'],
    ],
  } as Record<string, [string, string][]>)) {
    it(`refuses ${what}`, () => assert.equal(read(...headers).fault, 'request_framing_invalid'));
  }

  it('tells a body of known length from a chunked one and from none', () => {
    assert.equal(read(['content-length', '12']).contentLength, 12);
    assert.equal(read(['transfer-encoding', 'Chunked']).contentLength, -1);
    assert.equal(read(['accept', '*/*']).contentLength, 0);
  });

  it('gives values back byte for byte, whether they were UTF-8 or not', () => {
    const head = read(['x-utf8', 'caf\xc3\xa9'], ['x-latin1', 'caf\xe9']);
    assert.equal(head.fault, null);
    assert.deepEqual(head.headers, ['x-utf8', 'caf\xc3\xa9', 'x-latin1', 'caf\xe9']);
  });

  it('refuses a second line of bytes that it cannot get at', () => {
    assert.equal(read(['x', 'caf\xe9'], ['x', 'na\xefve']).fault, 'request_malformed');
  });

  it('drops what Connection names, and refuses to let it name what decides', () => {
    assert.deepEqual(read(['x-hop', '1'], ['x-end', '2'], ['connection', 'keep-alive, X-Hop']).headers, ['x-end', '2']);
    assert.equal(read(['authorization', 'Basic x'], ['connection', 'Authorization']).fault, 'request_malformed');
  });

  it('drops underscore spellings of headers that are the gateway’s own', () => {
    assert.deepEqual(read(['x_forwarded_for', '1.2.3.4'], ['x_own', '1']).headers, ['x_own', '1']);
  });

  it('whatever the values, a head that passes can be forwarded without making a line of its own', () => {
    const bytes = fc.string({
      unit: fc.constantFrom('a', ':', ' ', '\r', '\n', '\t', '\0', '\x7f', '\xff', '\xc3', '\xa9', '\x0b'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, (first, second, forwarded, host) => {
        const head = read(['host', host], ['x-a', first], ['x-b', second], ['x-forwarded-for', forwarded]);
        if (head.fault !== null || normaliseHost(head.rawHost) === null) return;
        const text = renderRequestHead({
          method: head.method,
          target: '/',
          host: head.rawHost,
          headers: head.headers,
          changes: null,
          ownLines: `x-forwarded-for: ${head.forwardedFor}\r\n`,
          bodyLength: null,
        });
        assert.ok(isRequestHead(text, 2 + 2 + 1), JSON.stringify(text));
      }),
      { numRuns: 5000 },
    );
  });
});
