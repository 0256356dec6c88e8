import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { INCOMPLETE, MALFORMED, MAX_HEADERS, TOO_LARGE } from '../../../../src/acceptor/upstream/header-lines.ts';
import { MAX_HEAD_BYTES, UpstreamResponseHead } from '../../../../src/acceptor/upstream/response-head.ts';

function parse(text: string, isHead = false): { head: UpstreamResponseHead; result: number } {
  const bytes = Buffer.from(text, 'latin1');
  const head = new UpstreamResponseHead();
  return { head, result: head.parse(bytes, 0, bytes.length, isHead) };
}

function ok(lines: string[], statusLine = 'HTTP/1.1 200 OK', isHead = false): UpstreamResponseHead {
  const text = `${[statusLine, ...lines].join('\r\n')}\r\n\r\n`;
  const { head, result } = parse(text, isHead);
  assert.equal(result, text.length, `refused: ${JSON.stringify(text)}`);
  return head;
}

function copied(head: UpstreamResponseHead): string {
  const target = Buffer.alloc(4096);
  const text = target.toString('latin1', 0, head.copyStatusAndHeaders(target, 0));
  assert.ok(text.startsWith(`${head.status} ${head.reason}\r\n`), text);
  return text.slice(text.indexOf('\r\n') + 2);
}

describe('response head: status line', () => {
  it('reads status and reason', () => {
    assert.equal(ok([], 'HTTP/1.1 404 Not Found').reason, 'Not Found');
    assert.equal(ok([], 'HTTP/1.1 299 Sp\xe9cial thing').reason, 'Sp\xe9cial thing');
    assert.equal(ok([], 'HTTP/1.1 200 ').reason, '');
    assert.equal(ok([], 'HTTP/1.1 200').reason, '');
    assert.equal(copied(ok(['A: 1'], 'HTTP/1.1 200')), 'A: 1\r\n');
    assert.equal(ok([], '\r\nHTTP/1.1 599 X').status, 599);
  });

  for (const line of [
    'HTTP/2.0 200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/0.9 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 600 OK',
    'HTTP/1.1 999 OK',
    'HTTP/1.1 2x0 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 200\tOK',
    'HTTP/1.1 200 O\0K',
    'HTTP/1.1 200 O\nK',
    'HTTP/1.1 200 O\rK',
    'HTTP/1.1 101 Switching Protocols',
    'ICY 200 OK',
    'SSH-2.0-OpenSSH_9.2',
    ' HTTP/1.1 200 OK',
    '\r\n\r\nHTTP/1.1 200 OK',
  ]) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      assert.equal(parse(`${line}\r\nContent-Length: 0\r\n\r\n`).result, MALFORMED);
    });
  }
});

describe('response head: header lines', () => {
  for (const line of [
    'Name : value',
    ': value',
    'Name',
    'Na me: value',
    'Na\x00me: value',
    'N\xe4me: value',
    'Name: a\x00b',
    'Name: a\rb',
    'Name: a\nb',
    'Name: a\x0bb',
    'Name: a\x7fb',
    'Name: a\r\n folded',
    'Name: a\r\n\tfolded',
    ' Name: value',
    'Name(x): value',
  ]) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      assert.equal(parse(`HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 0\r\n\r\n`).result, MALFORMED);
    });
  }

  it('keeps latin1 bytes, blanks inside and repeated lines in order', () => {
    const head = ok(['Set-Cookie: a=1', 'X-Name:\t caf\xe9 \xff x \t', 'set-cookie:b=2', 'Empty:']);
    assert.equal(copied(head), 'Set-Cookie: a=1\r\nX-Name:\t caf\xe9 \xff x \t\r\nset-cookie:b=2\r\nEmpty:\r\n');
    assert.equal(head.header('x-name'), 'caf\xe9 \xff x');
    assert.equal(head.header('set-cookie'), 'a=1');
    assert.equal(head.header('empty'), '');
    assert.equal(head.header('missing'), null);
  });

  it('holds 200 headers and 64 KiB, and no more', () => {
    const many = Array.from({ length: MAX_HEADERS }, (_, i) => `x-${i}: ${i}`);
    assert.equal(ok(many).header('x-199'), '199');
    assert.equal(parse(`HTTP/1.1 200 OK\r\n${[...many, 'x: y'].join('\r\n')}\r\n\r\n`).result, TOO_LARGE);
    const frame = 'HTTP/1.1 200 OK\r\nx: \r\n\r\n'.length;
    assert.ok(ok([`x: ${'a'.repeat(MAX_HEAD_BYTES - frame)}`]));
    assert.equal(parse(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(MAX_HEAD_BYTES - frame + 1)}\r\n\r\n`).result, TOO_LARGE);
    assert.equal(parse(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(MAX_HEAD_BYTES)}`).result, TOO_LARGE);
  });

  it('asks for more at every cut of a good head', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX:\r\n\r\n';
    for (let cut = 0; cut < text.length; cut++) assert.equal(parse(text.slice(0, cut)).result, INCOMPLETE, `at ${cut}`);
  });
});

describe('response head: framing', () => {
  it('knows length, chunked, close and none', () => {
    assert.equal(ok(['Content-Length: 12']).framing, 'length');
    assert.equal(ok(['Content-Length: 000000000000012']).contentLength, 12);
    assert.equal(ok(['Transfer-Encoding: Chunked']).framing, 'chunked');
    assert.equal(ok(['Transfer-Encoding: , chunked ,']).framing, 'chunked');
    assert.equal(ok(['Transfer-Encoding: identity']).framing, 'close');
    assert.equal(ok([]).framing, 'close');
    assert.equal(ok(['Content-Length: 0'], 'HTTP/1.1 205 Reset Content').framing, 'length');
  });

  it('has no body for HEAD, 204 and 304, and keeps the length that HEAD and 304 declare', () => {
    const toHead = ok(['Content-Length: 12'], 'HTTP/1.1 200 OK', true);
    assert.deepEqual([toHead.framing, toHead.contentLength], ['none', 12]);
    const notModified = ok(['Content-Length: 12'], 'HTTP/1.1 304 Not Modified');
    assert.deepEqual([notModified.framing, notModified.contentLength], ['none', 12]);
    const noContent = ok(['Content-Length: 12'], 'HTTP/1.1 204 No Content');
    assert.deepEqual([noContent.framing, noContent.contentLength], ['none', -1]);
    assert.equal(ok(['Transfer-Encoding: chunked'], 'HTTP/1.1 200 OK', true).framing, 'none');
  });

  it('ignores framing headers of interim responses', () => {
    assert.equal(ok(['Content-Length: 5', 'Transfer-Encoding: chunked'], 'HTTP/1.1 103 Early Hints').framing, 'none');
  });

  for (const lines of [
    ['Content-Length: '],
    ['Content-Length: +5'],
    ['Content-Length: -1'],
    ['Content-Length: 5abc'],
    ['Content-Length: 0x5'],
    ['Content-Length: 5 5'],
    ['Content-Length: 5, 5'],
    ['Content-Length: 1234567890123456'],
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5', 'content-length: 6'],
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: identity', 'Content-Length: 5'],
    ['Transfer-Encoding: '],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: gzip'],
    ['Transfer-Encoding: gzip, chunked'],
    ['Transfer-Encoding: chunked, gzip'],
    ['Transfer-Encoding: chunked, chunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: "chunked"'],
    ['Transfer-Encoding: chunked;q=1'],
  ]) {
    it(`refuses ${JSON.stringify(lines)}`, () => {
      assert.equal(parse(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`).result, MALFORMED);
    });
  }
});

describe('response head: what is for this connection only', () => {
  it('copies neither hop-by-hop headers, nor framing, nor Date', () => {
    const head = ok([
      'A: 1',
      'Connection: keep-alive, X-Secret , te',
      'connection: x-other',
      'Keep-Alive: timeout=5',
      'B: 2',
      'X-SECRET: s',
      'x-other: o',
      'X-Secret-Not: kept',
      'TE: trailers',
      'Trailer: x',
      'Upgrade: h2c',
      'Proxy-Connection: keep-alive',
      'Proxy-Authenticate: Basic',
      'Proxy-Authentication-Info: x',
      'Proxy-Status: kept',
      'Date: now',
      'Content-Length: 5',
      'C: 3',
    ]);
    assert.equal(copied(head), 'A: 1\r\nB: 2\r\nX-Secret-Not: kept\r\nProxy-Status: kept\r\nC: 3\r\n');
  });

  it('does not let Connection take away what the meaning of the body hangs on', () => {
    const head = ok([
      'Connection: content-type, Cache-Control, set-cookie',
      'Content-Type: a/b',
      'Cache-Control: no-store',
      'Set-Cookie: a=b',
    ]);
    assert.equal(copied(head), 'Content-Type: a/b\r\nCache-Control: no-store\r\nSet-Cookie: a=b\r\n');
  });

  it('says when the target is too small', () => {
    const head = ok(['A: 1', 'Date: x', 'B: 2']);
    assert.equal(head.copyStatusAndHeaders(Buffer.alloc(19), 0), -1);
    assert.equal(head.copyStatusAndHeaders(Buffer.alloc(20), 0), 20);
    assert.equal(head.copyStatusAndHeaders(Buffer.alloc(22), 2), 22);
  });

  it('decides whether the connection may be used again', () => {
    const length = 'Content-Length: 5';
    assert.equal(ok([length]).persistent, true);
    assert.equal(ok([length, 'Connection: foo, Close']).persistent, false);
    assert.equal(ok([length, 'Connection: keep-alive', 'Connection: close']).persistent, false);
    assert.equal(ok([]).persistent, false);
    assert.equal(ok([length], 'HTTP/1.0 200 OK').persistent, false);
    assert.equal(ok([length, 'Connection: Keep-Alive'], 'HTTP/1.0 200 OK').persistent, true);
    assert.equal(ok(['Transfer-Encoding: chunked', 'Connection: keep-alive'], 'HTTP/1.0 200 OK').persistent, false);
  });

  it('reads the idle time of Keep-Alive', () => {
    assert.equal(ok(['Keep-Alive: timeout=5, max=100']).idleHintMs, 5000);
    assert.equal(ok(['Keep-Alive: max=100,Timeout=7']).idleHintMs, 7000);
    assert.equal(ok(['Keep-Alive: timeout=x']).idleHintMs, -1);
    assert.equal(ok(['Keep-Alive: xtimeout=5']).idleHintMs, -1);
    assert.equal(ok([]).idleHintMs, -1);
  });
});
