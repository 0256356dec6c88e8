/** What a generator of load makes of a server that answers well, badly or not at all. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import fc from 'fast-check';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import type { FailureKind, LoadResult } from '../../bench/load/workload.ts';
import { certificateAuthority } from '../support/certificates.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { type RawConnection, rawOrigin } from '../support/raw-origin.ts';
import { line, plan, runHere, sendOnce, workloadFile } from './workload-files.ts';

interface Act {
  /** Written in as many pieces as `cuts` make of it. */
  readonly text: string;
  readonly ending: 'keep' | 'end' | 'reset';
  readonly outcome: number | FailureKind;
  readonly isHead?: boolean;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

const ACTS: Readonly<Record<string, Act>> = {
  plain: { text: OK, ending: 'keep', outcome: 200 },
  chunked: {
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n',
    ending: 'keep',
    outcome: 200,
  },
  toTheEnd: { text: 'HTTP/1.1 203 OK\r\n\r\nhello', ending: 'end', outcome: 203 },
  closes: { text: OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'), ending: 'end', outcome: 200 },
  interim: { text: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`, ending: 'keep', outcome: 200 },
  noContent: { text: 'HTTP/1.1 204 No Content\r\n\r\n', ending: 'keep', outcome: 204 },
  notModified: { text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', ending: 'keep', outcome: 304 },
  head: { text: OK.slice(0, -5), ending: 'keep', outcome: 200, isHead: true },
  refuses: {
    text: 'HTTP/1.1 503 Down\r\nPenstock-Error: upstream_down\r\nContent-Length: 0\r\n\r\n',
    ending: 'keep',
    outcome: 503,
  },
  garbage: { text: 'hello, is this the weather?\r\n\r\n', ending: 'keep', outcome: 'malformed' },
  badLength: { text: OK.replace('5', 'five'), ending: 'keep', outcome: 'malformed' },
  closesAtOnce: { text: '', ending: 'end', outcome: 'closed' },
  cutHead: { text: OK.slice(0, 20), ending: 'end', outcome: 'closed' },
  cutBody: { text: OK.slice(0, -1), ending: 'end', outcome: 'closed' },
  resets: { text: '', ending: 'reset', outcome: 'reset' },
  resetsLate: { text: OK.slice(0, -1), ending: 'reset', outcome: 'reset' },
};

/** Does what each request's path asks for: `/act/cut/cut..`. */
async function actOut(connection: RawConnection): Promise<void> {
  for (;;) {
    const [, name, ...cuts] = (await connection.readHead()).split(' ')[1].split('/');
    const { text, ending } = ACTS[name];
    let sent = 0;
    for (const cut of cuts.map((each) => Math.floor(Number(each) * text.length)).sort((a, b) => a - b)) {
      await connection.send(text.slice(sent, cut));
      sent = cut;
      await delay(1);
    }
    await connection.send(text.slice(sent));
    if (ending === 'reset') connection.reset();
    if (ending === 'end') connection.socket.end();
    if (ending !== 'keep') return;
  }
}

const requests = fc.array(
  fc.record({
    act: fc.constantFrom(...Object.keys(ACTS)),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 80 },
);

function tallied(keys: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

const percentile = (result: LoadResult, percent: number): number =>
  decodeFromCompressedBase64(result.total.latency).getValueAtPercentile(percent);

async function listening(lifetime: Lifetime, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(onSocket).listen(0, '127.0.0.1');
  lifetime.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function listeningWithTls(lifetime: Lifetime, onSocket: (socket: Socket) => void): Promise<number> {
  const { cert, key } = certificateAuthority(lifetime).issue('elsewhere.test');
  const server = createTlsServer({ cert, key }, onSocket).listen(0, '127.0.0.1');
  lifetime.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Answers whatever it reads, which is a whole request as long as requests are small. */
const answerAll = (socket: Socket): void => {
  socket.on('error', () => {}).on('data', () => socket.write(OK));
};

describe('outcomes of a load', () => {
  it('counts every request once, by what really became of it, however nasty the server and however it cuts its answers', async (t) => {
    const { port } = await rawOrigin(t, actOut);
    const run = async (wanted: readonly { readonly act: string; readonly cuts: readonly number[] }[]) => {
      const lines = wanted.map(({ act, cuts }) => {
        const { isHead = false } = ACTS[act];
        const path = `/${[act, ...cuts].join('/')}`;
        const head = `${isHead ? 'HEAD' : 'GET'} ${path} HTTP/1.1\r\nHost: bench.test\r\n\r\n`;
        return line(path, { head, label: act, bodyless: isHead, expect: act === 'refuses' ? 503 : 0 });
      });
      const { total, byLabel, timeline } = await sendOnce(t, port, lines);
      const outcomes = wanted.map(({ act }) => ACTS[act].outcome);
      const statuses = outcomes.filter((outcome) => typeof outcome === 'number');
      const failures = outcomes.filter((outcome) => typeof outcome === 'string');
      assert.equal(total.sent, wanted.length);
      assert.deepEqual({ ...total.byStatus }, tallied(statuses));
      assert.deepEqual({ ...total.byFailure }, tallied(failures));
      assert.deepEqual([total.answered, total.failed], [statuses.length, failures.length]);
      assert.equal(total.errors, failures.length);
      const refusals = wanted.filter(({ act }) => act === 'refuses').length;
      assert.deepEqual({ ...total.byErrorCode }, refusals === 0 ? {} : { upstream_down: refusals });
      assert.deepEqual(
        Object.fromEntries(Object.entries(byLabel).map(([label, { sent }]) => [label, sent])),
        tallied(wanted.map(({ act }) => act)),
      );
      assert.equal(
        timeline.reduce((sum, { sent, answered, failed }) => sum + sent + answered + failed, 0),
        2 * total.sent,
      );
      assert.equal(decodeFromCompressedBase64(total.latency).totalCount, total.sent);
    };
    await fc.assert(fc.asyncProperty(requests, run), { numRuns: 12 });
  });

  it('counts an answer that never comes as a timeout, also for those who wait in line, and opens no more connections than it may', async (t) => {
    const origin = await rawOrigin(t, async (connection) => void (await connection.readHead()));
    const lines = Array.from({ length: 30 }, () => line('/'));
    const { total } = await sendOnce(t, origin.port, lines, { connections: 3, timeoutMs: 200 });
    assert.deepEqual([total.sent, total.answered, { ...total.byFailure }], [30, 0, { timeout: 30 }]);
    const most = decodeFromCompressedBase64(total.latency);
    assert.ok(most.minNonZeroValue >= 199_000, `${most.minNonZeroValue}`);
  });

  it('counts connections that are refused', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { total } = await sendOnce(t, port, [line('/a'), line('/b')]);
    assert.deepEqual([total.sent, { ...total.byFailure }], [2, { refused: 2 }]);
  });

  it('takes more than was promised for no answer', async (t) => {
    const port = await listening(t, (socket) => {
      socket.on('error', () => {}).on('data', () => socket.write(`${OK}${OK}`));
    });
    const { total } = await sendOnce(t, port, [line('/a'), line('/b')]);
    assert.deepEqual({ ...total.byFailure }, { malformed: 2 });
  });

  it('calls an answer that was not expected an error', async (t) => {
    const port = await listening(t, answerAll);
    const { total } = await sendOnce(t, port, [line('/', { expect: 404 }), line('/', { expect: 200 }), line('/')]);
    assert.deepEqual([total.answered, total.errors], [3, 1]);
  });

  it('closes a connection after as many requests as the plan says', async (t) => {
    let connections = 0;
    const port = await listening(t, (socket) => {
      connections++;
      answerAll(socket);
    });
    const lines = Array.from({ length: 20 }, () => line('/'));
    const { total } = await sendOnce(t, port, lines, { requestsPerConnection: 1 });
    assert.deepEqual([total.answered, connections], [20, 20]);
  });

  it('speaks TLS to a server whatever its certificate', async (t) => {
    const port = await listeningWithTls(t, answerAll);
    const lines = Array.from({ length: 10 }, () => line('/'));
    const { total } = await sendOnce(t, port, lines, { tls: true, requestsPerConnection: 2 });
    assert.deepEqual({ ...total.byStatus }, { 200: 10 });
  });

  it('sends bodies as they were kept, and filler as long as the ones that were not', async (t) => {
    const bodies: string[] = [];
    const origin = await rawOrigin(t, async (connection) => {
      const length = Number(/length: (\d+)/i.exec(await connection.readHead())![1]);
      const body = await connection.readBytes(length);
      bodies.push(length < 100 ? body.toString('latin1') : `${body.length} octets`);
      await connection.send(OK);
    });
    const head = (length: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
    const kept = line('/', { head: head(4), body: Buffer.from('a\0é', 'utf8').toString('base64') });
    const filled = line('/', { head: head(4_000_000), fillerBytes: 4_000_000 });
    const { total } = await sendOnce(t, origin.port, [kept, filled], { requestsPerConnection: 1 });
    assert.deepEqual([total.answered, bodies.sort()], [2, ['4000000 octets', 'a\0\xc3\xa9']]);
  });

  it('hears an answer that comes before its request is through', async (t) => {
    const port = await listening(t, (socket) => {
      socket
        .on('error', () => {})
        .once('data', () => {
          socket.pause();
          socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        });
    });
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n`;
    const { total } = await sendOnce(t, port, [line('/', { head, fillerBytes: 8_000_000 })]);
    assert.deepEqual({ ...total.byStatus }, { 413: 1 });
  });

  it('reads as slowly as the plan says, also through TLS', async (t) => {
    const answerMuch = (socket: Socket): void => {
      const body = Buffer.alloc(1_000_000);
      socket
        .on('error', () => {})
        .on('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
          socket.write(body);
        });
    };
    const ports = [await listening(t, answerMuch), await listeningWithTls(t, answerMuch)];
    const slowly = { readBytesPerSecond: 2_000_000 };
    const results = await Promise.all(
      ports.map((port, i) => sendOnce(t, port, [line('/')], { ...slowly, tls: i === 1 })),
    );
    for (const result of results) {
      assert.equal(result.total.responseBytes, 1_000_000);
      // The last read is not waited for.
      assert.ok(percentile(result, 100) > 400_000, `${percentile(result, 100)} us`);
    }
  });

  it('keeps all its connections busy in a closed loop, and no more', async (t) => {
    let connections = 0;
    let underWay = 0;
    let most = 0;
    const port = await listening(t, (socket) => {
      connections++;
      socket
        .on('error', () => {})
        .on('data', () => {
          most = Math.max(most, ++underWay);
          setImmediate(() => {
            underWay--;
            socket.write(OK);
          });
        });
    });
    const load = plan(workloadFile(t, [line('/a')]), port, 0);
    const { total } = await runHere({ ...load, pace: { kind: 'closed' }, connections: 4, measureMs: 300 });
    assert.equal(connections, 4);
    assert.ok(most <= 4);
    assert.ok(total.sent > 4 && total.answered === total.sent, `${total.answered} of ${total.sent}`);
  });
});
