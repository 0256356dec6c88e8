import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type RequestHeadParts, renderRequestHead } from '../../../../src/acceptor/upstream/request-head.ts';

const plain: RequestHeadParts = {
  method: 'GET',
  target: '/a?b=c',
  host: 'o.test:80',
  headers: ['accept', '*/*', 'x-name', 'caf\xe9'],
  ownLines: 'via: 1.1 penstock\r\n',
  ownLineCount: 1,
  bodyLength: null,
};

describe('request head', () => {
  it('renders request line, host, headers and extra lines', () => {
    assert.equal(
      renderRequestHead(plain),
      'GET /a?b=c HTTP/1.1\r\nhost: o.test:80\r\naccept: */*\r\nx-name: caf\xe9\r\nvia: 1.1 penstock\r\n\r\n',
    );
  });

  it('makes the framing itself', () => {
    const framing = (bodyLength: RequestHeadParts['bodyLength']): string =>
      renderRequestHead({ ...plain, method: 'POST', headers: [], ownLines: '', ownLineCount: 0, bodyLength })!
        .split('\r\n')
        .slice(2)[0];
    assert.equal(framing(null), '');
    assert.equal(framing(0), 'content-length: 0');
    assert.equal(framing(12), 'content-length: 12');
    assert.equal(framing('chunked'), 'transfer-encoding: chunked');
  });

  it('takes heads larger than any scratch space', () => {
    const value = 'v'.repeat(100_000);
    assert.ok(renderRequestHead({ ...plain, headers: ['x', value] })!.includes(value));
    assert.equal(renderRequestHead({ ...plain, headers: ['x', `${value}\n`] }), null);
  });

  const bad = [
    '\r',
    '\n',
    '\0',
    '\r\n',
    '\r\nx: y',
    '\r\n\r\nGET / HTTP/1.1',
    '\u010d\u010a',
    '\u0100',
    '\u0141',
    '\x7f',
  ];
  for (const [where, make] of Object.entries({
    method: (text: string): RequestHeadParts => ({ ...plain, method: text }),
    target: (text: string): RequestHeadParts => ({ ...plain, target: text }),
    host: (text: string): RequestHeadParts => ({ ...plain, host: text }),
    name: (text: string): RequestHeadParts => ({ ...plain, headers: [text, 'v'] }),
    value: (text: string): RequestHeadParts => ({ ...plain, headers: ['n', text] }),
    extra: (text: string): RequestHeadParts => ({ ...plain, ownLines: `x: ${text}\r\n` }),
  })) {
    it(`refuses what would break out of the ${where}`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...bad),
          fc.constantFrom('', 'a'),
          fc.constantFrom('', 'z'),
          (text, before, after) => {
            assert.equal(renderRequestHead(make(before + text + after)), null);
          },
        ),
      );
    });
  }

  it('refuses blanks in the request line and what is no name', () => {
    for (const target of ['', '/a b', '/ HTTP/1.1', '/\t', ' /']) {
      assert.equal(renderRequestHead({ ...plain, target }), null, JSON.stringify(target));
    }
    for (const method of ['', 'GET /', 'G ET', 'G@T', 'G\xe9T']) {
      assert.equal(renderRequestHead({ ...plain, method }), null, JSON.stringify(method));
    }
    for (const name of ['', ' a', 'a ', 'a b', 'n\xe4me']) {
      assert.equal(renderRequestHead({ ...plain, headers: [name, 'v'] }), null, JSON.stringify(name));
    }
    assert.equal(renderRequestHead({ ...plain, ownLines: 'no colon\r\n' }), null);
    assert.equal(renderRequestHead({ ...plain, ownLines: '\r\n' }), null);
  });

  it('whatever goes in, what comes out has exactly the lines it was given', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', ' ', '\r', '\n', '\t', '\xff', '\u010a'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, fc.array(fc.tuple(text, text), { maxLength: 4 }), (target, host, pairs) => {
        const head = renderRequestHead({
          ...plain,
          target,
          host,
          headers: pairs.flat(),
          ownLines: '',
          ownLineCount: 0,
        });
        if (head === null) return;
        assert.equal(head.split('\r\n').length, 2 + pairs.length + 2);
        assert.ok(!/[\r\n]/.test(head.replaceAll('\r\n', '')));
      }),
      { numRuns: 2000 },
    );
  });
});
