import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestHead } from '../../../../src/acceptor/listener/downstream.ts';
import { isRecordable } from '../../../../src/acceptor/recording/exchange-line.ts';

const isWritten = (head: Partial<RequestHead>): boolean =>
  isRecordable({ fault: null, rawPath: '/', query: null, rawHost: 'shop.example.com', ...head } as RequestHead);

describe('a request', () => {
  it('is written when a line can hold its target and its host', () => {
    assert.ok(isWritten({}));
    assert.ok(isWritten({ rawPath: '/@me', query: 'mail=a@b', rawHost: '' }));
    assert.ok(!isWritten({ rawPath: '/a b' }));
    assert.ok(!isWritten({ query: 'a\u0001' }));
  });

  it('is not written with a password before its host', () => {
    assert.ok(!isWritten({ rawHost: 'me:secret@shop.example.com' }));
  });
});
