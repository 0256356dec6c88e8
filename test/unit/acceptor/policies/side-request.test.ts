import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { AcceptorContext } from '../../../../src/acceptor/acceptor-context.ts';
import { SideRequestSender } from '../../../../src/acceptor/policies/side-request.ts';
import type { Bytes, Millis } from '../../../../src/brand.ts';
import type { SideRequest, SideResponse } from '../../../../src/decision/policies/host.ts';
import { rawOrigin } from '../../../support/raw-origin.ts';
import { recordingOrigin } from '../../../support/recording-origin.ts';
import { startGroup } from '../upstream/exchange.ts';
import { compiledUpstream } from '../upstream/scripted-origin.ts';

function senderTo(t: TestContext, port: number) {
  const group = startGroup(t, compiledUpstream([port], { perEndpoint: 300 }));
  const acceptor = { snapshot: { upstreams: [group] }, viaPseudonym: 'gate' } as unknown as AcceptorContext;
  return { sender: new SideRequestSender(acceptor), name: group.name };
}

function requestTo(upstream: string, parts: Partial<SideRequest> = {}): SideRequest {
  const plain = { upstream, method: 'GET', target: '/x?y=1', host: 'a.example', headers: ['x-a', '1'], body: null };
  return { ...plain, timeoutMs: 5000 as Millis, maxResponseBytes: 1000 as Bytes, ...parts };
}

/** The response to a request that must be sent; null: none. */
function answerTo(sender: SideRequestSender, request: SideRequest): Promise<SideResponse | null> {
  return new Promise((resolve) => assert.ok(sender.send(request, resolve)));
}

const valuesOf = ({ headers }: SideResponse, name: string) =>
  headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === name);

describe('a side request', () => {
  it('brings back status, end-to-end headers with Date, and body', async (t) => {
    const origin = await recordingOrigin(t);
    origin.answer('full', {
      status: 404,
      headers: [
        ['ETag', '"1"'],
        ['Set-Cookie', 'a'],
        ['Set-Cookie', 'b'],
      ],
      body: 'gone',
      chunked: true,
    });
    const { sender, name } = senderTo(t, origin.port);
    const response = await answerTo(sender, requestTo(name, { headers: ['x-test-answer', 'full'] }));
    assert.equal(response!.status, 404);
    assert.equal(response!.body.toString(), 'gone');
    assert.deepEqual(valuesOf(response!, 'etag'), ['"1"']);
    assert.deepEqual(valuesOf(response!, 'set-cookie'), ['a', 'b']);
    assert.equal(valuesOf(response!, 'date').length, 1);
    assert.deepEqual([...valuesOf(response!, 'connection'), ...valuesOf(response!, 'transfer-encoding')], []);
    const [seen] = origin.seen;
    assert.deepEqual([seen!.target, seen!.header('host'), seen!.header('via')], ['/x?y=1', 'a.example', '1.1 gate']);
  });

  it('sends its body, and the host of the endpoint where none is given', async (t) => {
    const origin = await recordingOrigin(t);
    const { sender, name } = senderTo(t, origin.port);
    const response = await answerTo(sender, requestTo(name, { method: 'PUT', host: null, body: Buffer.from('12345') }));
    assert.equal(response!.status, 200);
    assert.equal(origin.seen[0]!.bodyBytes, 5);
    assert.equal(origin.seen[0]!.header('host'), `127.0.0.1:${origin.port}`);
  });

  it('takes responses without a body', async (t) => {
    const origin = await recordingOrigin(t);
    origin.answer('not-modified', { status: 304, headers: [['Content-Length', '5000']] });
    const { sender, name } = senderTo(t, origin.port);
    const response = await answerTo(sender, requestTo(name, { headers: ['x-test-answer', 'not-modified'] }));
    assert.deepEqual([response!.status, response!.body.length], [304, 0]);
    const head = await answerTo(sender, requestTo(name, { method: 'HEAD' }));
    assert.deepEqual([head!.status, head!.body.length], [200, 0]);
  });

  it('brings back nothing when the body is too long, declared or not', async (t) => {
    const origin = await recordingOrigin(t);
    const body = { seed: 'long', bytes: 1001 };
    origin.answer('declared', { status: 200, body });
    origin.answer('chunked', { status: 200, body, chunked: true });
    const { sender, name } = senderTo(t, origin.port);
    for (const answer of ['declared', 'chunked'])
      assert.equal(await answerTo(sender, requestTo(name, { headers: ['x-test-answer', answer] })), null);
    const unwanted = requestTo(name, { headers: ['x-test-answer', 'chunked'], maxResponseBytes: null });
    const response = await answerTo(sender, unwanted);
    assert.deepEqual([response!.status, response!.body.length], [200, 0]);
  });

  it('brings back nothing when the upstream says nothing in time, nonsense, or goes away', async (t) => {
    const scripts: Record<string, string | null> = {
      silent: null,
      nonsense: 'nonsense\r\n\r\n',
      cut: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf',
    };
    for (const text of Object.values(scripts)) {
      const origin = await rawOrigin(t, async (connection) => {
        await connection.readHead();
        if (text !== null) connection.socket.end(text);
      });
      const { sender, name } = senderTo(t, origin.port);
      const timeoutMs = (text === null ? 50 : 5000) as Millis;
      assert.equal(await answerTo(sender, requestTo(name, { timeoutMs })), null);
    }
  });

  it('asks once more when a kept-alive connection closes under it', async (t) => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const origin = await rawOrigin(t, async (connection) => {
      await connection.readHead();
      await connection.send(answer);
      await connection.readHead();
      if (connection.number === 1) connection.socket.end();
      else await connection.send(answer);
    });
    const { sender, name } = senderTo(t, origin.port);
    for (let i = 0; i < 2; i++) assert.equal((await answerTo(sender, requestTo(name)))!.body.toString(), 'ok');
    assert.equal(origin.connections.length, 2);
  });

  it('is refused when the upstream is unknown or too many are under way, and there is room again when they end', async (t) => {
    const origin = await rawOrigin(t, async (connection) => {
      await connection.readHead();
    });
    const { sender, name } = senderTo(t, origin.port);
    assert.equal(sender.send(requestTo('other')), false);
    const request = requestTo(name, { timeoutMs: 50 as Millis });
    const answers: Promise<SideResponse | null>[] = [];
    for (;;) {
      let isSent = true;
      const answer = new Promise<SideResponse | null>((resolve) => {
        isSent = sender.send(request, resolve);
      });
      if (!isSent) break;
      answers.push(answer);
      assert.ok(answers.length <= 256);
    }
    assert.equal(answers.length, 256);
    assert.ok((await Promise.all(answers)).every((answer) => answer === null));
    assert.ok(sender.send(request));
  });
});
