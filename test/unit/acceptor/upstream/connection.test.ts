import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Exchange, get, startGroup } from './exchange.ts';
import { compiledUpstream, GET, HELLO, onRequestHead, ScriptedOrigin, startCanned } from './scripted-origin.ts';

const POST = 'POST / HTTP/1.1\r\nhost: o.test\r\n';

describe('connection: reuse', () => {
  it('carries 10,000 requests one after the other on one socket', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port]));
    for (let i = 0; i < 10_000; i++) {
      const exchange = await get(group);
      assert.equal(exchange.recorder.body, 'hello');
    }
    assert.equal(origin.sockets.length, 1);
    assert.equal(group.openConnections, 1);
    assert.equal(group.waiting, 0);
    assert.equal(origin.sockets[0].listenerCount('data'), 1);
  });

  it('goes back to the pool before the handler hears of the end', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port]));
    const first = new Exchange();
    const second = new Exchange();
    first.recorder.onEvent = (name) => {
      if (name === 'end') assert.equal(second.start(group).pending, null, 'an idle connection is at hand');
    };
    first.start(group);
    await first.settled();
    assert.equal((await second.settled()).body, 'hello');
    assert.equal(second.wasReused, true);
    assert.equal(origin.sockets.length, 1);
  });

  for (const [why, response] of [
    ['close-delimited', 'HTTP/1.1 200 OK\r\n\r\nhello'],
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    [
      'surplus bytes',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong',
    ],
    ['a body behind 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'],
    ['an idle time of one second', `HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 5\r\n\r\nhello`],
  ]) {
    it(`does not happen after ${why}`, async (t) => {
      const origin = await ScriptedOrigin.start(t, (socket) =>
        onRequestHead(socket, () => {
          socket.write(response, 'latin1');
          if (why === 'close-delimited') socket.end();
        }),
      );
      const group = startGroup(t, compiledUpstream([origin.port]));
      for (let i = 0; i < 2; i++) {
        const { recorder, wasReused } = await get(group);
        assert.equal(recorder.ended, true);
        assert.equal(recorder.body, response.includes(' 204 ') ? '' : 'hello');
        assert.equal(wasReused, false);
      }
      assert.equal(group.openConnections, 0);
    });
  }

  it('ends when an idle connection says something', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port]));
    await get(group);
    origin.sockets[0].write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n');
    await once(origin.sockets[0], 'close');
    assert.equal(group.openConnections, 0);
    assert.equal((await get(group)).recorder.body, 'hello');
    assert.equal(origin.sockets.length, 2);
  });

  it('ends when the peer closes an idle connection', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port]));
    await get(group);
    origin.sockets[0].end();
    await once(origin.sockets[0], 'close');
    assert.equal(group.openConnections, 0);
  });

  it('does not happen while the request is unfinished', async (t) => {
    const origin = await startCanned(t, 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
    const group = startGroup(t, compiledUpstream([origin.port]));
    const exchange = new Exchange((connection, recorder) => {
      connection.send(`${POST}content-length: 10\r\n\r\n`, true, false, recorder);
      connection.writeBody(Buffer.from('12345'));
    });
    await exchange.start(group).settled();
    assert.equal(exchange.recorder.status, 413);
    assert.equal(exchange.recorder.ended, true);
    assert.equal(group.openConnections, 0);
    assert.equal(exchange.connection!.writeBody(Buffer.from('67890')), true, 'late pieces go nowhere');
    exchange.connection!.endBody();
  });
});

describe('connection: failures', () => {
  for (const [what, response, code] of [
    ['nothing', '', 'upstream_closed'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-', 'upstream_truncated'],
    ['an interim response', 'HTTP/1.1 100 Continue\r\n\r\n', 'upstream_truncated'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', 'upstream_truncated'],
    ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', 'upstream_truncated'],
    [
      'chunks without an end',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      'upstream_truncated',
    ],
  ] as const) {
    for (const how of ['FIN', 'RST'] as const) {
      it(`${how} after ${what} is ${code}`, async (t) => {
        const origin = await ScriptedOrigin.start(t, (socket) =>
          onRequestHead(socket, () => {
            const finish = (): unknown => (how === 'FIN' ? socket.end() : socket.resetAndDestroy());
            if (response === '') finish();
            else socket.write(response, () => setImmediate(finish));
          }),
        );
        const group = startGroup(t, compiledUpstream([origin.port]));
        const { recorder, connection } = await get(group);
        assert.equal(recorder.failure, code);
        assert.equal(recorder.ended, false);
        assert.equal(connection!.responseBegun, response !== '');
        assert.equal(connection!.requestReachedPeer, true);
        assert.equal(group.openConnections, 0);
      });
    }
  }

  it('RST within a close-delimited body is no end', async (t) => {
    const origin = await ScriptedOrigin.start(t, (socket) =>
      onRequestHead(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\nsome of it');
      }),
    );
    const group = startGroup(t, compiledUpstream([origin.port]));
    const exchange = new Exchange();
    exchange.recorder.onEvent = (name) => {
      if (name === 'body') origin.sockets[0].resetAndDestroy();
    };
    await exchange.start(group).settled();
    assert.equal(exchange.recorder.failure, 'upstream_truncated');
  });

  it('nonsense is malformed, a swollen head too large', async (t) => {
    const answers = ['SSH-2.0-OpenSSH\r\n', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`];
    const origin = await ScriptedOrigin.start(t, (socket, index) => {
      onRequestHead(socket, () => socket.write(answers[index]));
    });
    const group = startGroup(t, compiledUpstream([origin.port]));
    assert.equal((await get(group)).recorder.failure, 'upstream_response_malformed');
    assert.equal((await get(group)).recorder.failure, 'upstream_response_too_large');
  });

  it('says nothing after destroy, and closes the socket', async (t) => {
    let onClosed: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const origin = await ScriptedOrigin.start(t, (socket) => socket.on('close', onClosed).resume());
    const group = startGroup(t, compiledUpstream([origin.port]));
    const exchange = new Exchange().start(group);
    const connection = await exchange.leased;
    connection!.destroy();
    connection!.destroy();
    await closed;
    assert.equal(exchange.recorder.failure, null);
    assert.equal(group.openConnections, 0);
  });
});

describe('connection: request bodies', () => {
  it('sends head and first piece, and framing and bytes, together', async (t) => {
    const reads: string[] = [];
    const origin = await ScriptedOrigin.start(t, (socket) => {
      socket.on('data', (data) => {
        reads.push(data.toString('latin1'));
        if (data.toString('latin1').endsWith('0\r\n\r\n')) socket.write(HELLO);
      });
    });
    const group = startGroup(t, compiledUpstream([origin.port]));
    const head = `${POST}transfer-encoding: chunked\r\n\r\n`;
    const exchange = new Exchange((connection, recorder) => {
      connection.send(head, true, false, recorder);
      connection.writeBody('3\r\n');
      connection.writeBody(Buffer.from('abc'));
      connection.writeBody('\r\n0\r\n\r\n');
      connection.endBody();
    });
    const { body } = await exchange.start(group).settled();
    assert.equal(body, 'hello');
    assert.equal(reads.join(''), `${head}3\r\nabc\r\n0\r\n\r\n`);
    assert.ok(reads[0].startsWith(`${head}3\r\nabc`), 'one system call for head, framing and bytes');
    assert.equal(group.openConnections, 1);
  });

  it('does not hold the head back for a body that is slow to come', async (t) => {
    const origin = await ScriptedOrigin.start(t, (socket) => {
      onRequestHead(socket, () => socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'));
    });
    const group = startGroup(t, compiledUpstream([origin.port]));
    const exchange = new Exchange((connection, recorder) => {
      connection.send(`${POST}content-length: 5\r\n\r\n`, true, false, recorder);
    });
    assert.equal((await exchange.start(group).settled()).status, 401);
  });

  it('asks for a pause while the peer does not read, and says when to go on', async (t) => {
    const total = 8 * 1024 * 1024;
    let received = 0;
    const origin = await ScriptedOrigin.start(
      t,
      (socket) => {
        socket.on('data', (data) => {
          received += data.length;
          if (received === total + head.length) socket.write(HELLO);
        });
      },
      { pauseOnConnect: true },
    );
    const head = `${POST}content-length: ${total}\r\n\r\n`;
    const piece = Buffer.alloc(64 * 1024, 0x61);
    const group = startGroup(t, compiledUpstream([origin.port]));
    const exchange = new Exchange((connection, recorder) => connection.send(head, true, false, recorder)).start(group);
    const connection = (await exchange.leased)!;
    let sent = 0;
    const pump = (): void => {
      while (sent < total) {
        sent += piece.length;
        if (!connection.writeBody(piece)) break;
      }
      if (sent === total) connection.endBody();
    };
    exchange.recorder.onEvent = (name) => {
      if (name === 'drain') pump();
    };
    pump();
    assert.ok(sent < total, 'the kernel does not take eight megabytes from a reader that sleeps');
    origin.sockets[0].resume();
    assert.equal((await exchange.settled()).body, 'hello');
    assert.ok(exchange.recorder.drains > 0);
    assert.equal(received, total + head.length);
    assert.equal(group.openConnections, 1, 'a request that went out whole frees its connection');
  });

  for (const how of ['destroy', 'resetAndDestroy'] as const) {
    it(`delivers the answer of a peer that refuses the rest of the body (${how})`, async (t) => {
      const answer = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig';
      const exchange = new Exchange((connection, recorder) => {
        connection.send(`${POST}content-length: 1000000\r\n\r\n`, true, false, recorder);
        connection.writeBody(Buffer.alloc(1000));
      });
      const origin = await ScriptedOrigin.start(t, (socket) => {
        socket.once('data', () => {
          socket.write(answer);
          socket[how]();
          // The first write may still be taken, the second fails at once, and all that before this side gets to read.
          exchange.connection!.writeBody(Buffer.alloc(1000));
          exchange.connection!.writeBody(Buffer.alloc(1000));
          exchange.connection!.writeBody(Buffer.alloc(1000));
        });
      });
      const group = startGroup(t, compiledUpstream([origin.port]));
      await exchange.start(group).settled();
      assert.equal(exchange.recorder.failure, null);
      assert.equal(exchange.recorder.body, 'big');
      assert.equal(group.openConnections, 0);
    });
  }

  it('knows when nothing of a request can have reached the peer', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port]));
    await get(group);
    // The peer resets an idle connection, and before this side hears of it the next request is written.
    origin.sockets[0].resetAndDestroy();
    const { recorder, connection, wasReused } = await get(group);
    assert.equal(wasReused, true);
    assert.equal(recorder.failure, 'upstream_closed');
    assert.equal(connection!.requestReachedPeer, false);
    assert.equal(group.openConnections, 0);
  });
});

describe('connection: response bodies', () => {
  it('stops reading between pause and resume and loses nothing', async (t) => {
    const size = 4 * 1024 * 1024;
    const body = Buffer.alloc(size, '0123456789abcdef');
    let flushed = false;
    const origin = await ScriptedOrigin.start(t, (socket) =>
      onRequestHead(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        socket.write(body, () => {
          flushed = true;
        });
      }),
    );
    const group = startGroup(t, compiledUpstream([origin.port]));
    const exchange = new Exchange();
    let isPaused = false;
    let pauses = 0;
    exchange.recorder.onEvent = (name) => {
      assert.equal(isPaused, false, `${name} while paused`);
      if (name !== 'body') return;
      isPaused = true;
      if (pauses++ === 0) assert.equal(flushed, false);
      exchange.connection!.pause();
      setImmediate(() => {
        isPaused = false;
        exchange.connection!.resume();
      });
    };
    await exchange.start(group).settled();
    assert.equal(exchange.recorder.ended, true);
    assert.ok(exchange.recorder.body === body.toString('latin1'));
    assert.ok(pauses > 1);
  });

  it('a pause after a resume in the same turn wins', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port]));
    const exchange = new Exchange((connection, recorder) => {
      connection.send(GET, false, false, recorder);
      connection.pause();
      connection.resume();
      connection.pause();
    }).start(group);
    await exchange.leased;
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    assert.equal(exchange.recorder.heads, 0);
    exchange.connection!.resume();
    assert.equal((await exchange.settled()).body, 'hello');
  });

  it('a connection whose last piece was paused for answers the next request', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port]));
    const first = new Exchange();
    first.recorder.onEvent = (name) => {
      if (name !== 'body') return;
      first.connection!.pause();
      setImmediate(() => first.connection!.resume());
    };
    assert.equal((await first.start(group).settled()).body, 'hello');
    const second = await get(group);
    assert.equal(second.recorder.body, 'hello');
    assert.equal(second.wasReused, true);
  });

  it('HEAD has none, whatever the headers say', async (t) => {
    const origin = await startCanned(t, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
    const group = startGroup(t, compiledUpstream([origin.port]));
    for (let i = 0; i < 3; i++) {
      const exchange = new Exchange((connection, recorder) => {
        connection.send('HEAD / HTTP/1.1\r\nhost: o.test\r\n\r\n', false, true, recorder);
      });
      await exchange.start(group).settled();
      assert.equal(exchange.recorder.contentLength, 5);
      assert.equal(exchange.recorder.body, '');
    }
    assert.equal(origin.sockets.length, 1);
  });
});
