import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RequestHeadParts, renderRequestHead } from '../../../../src/acceptor/upstream/request-head.ts';

const plain: RequestHeadParts = {
  method: 'GET',
  target: '/a?b=c',
  host: 'o.test:80',
  headers: ['accept', '*/*', 'x-name', 'caf\xe9'],
  changes: null,
  ownLines: 'via: 1.1 penstock\r\n',
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
      renderRequestHead({ ...plain, method: 'POST', headers: [], ownLines: '', bodyLength })!
        .split('\r\n')
        .slice(2)[0];
    assert.equal(framing(null), '');
    assert.equal(framing(0), 'content-length: 0');
    assert.equal(framing(12), 'content-length: 12');
    assert.equal(framing('chunked'), 'transfer-encoding: chunked');
  });

  it('takes heads of any size', () => {
    const value = 'v'.repeat(100_000);
    assert.ok(renderRequestHead({ ...plain, headers: ['x', value] }).includes(value));
  });
});
