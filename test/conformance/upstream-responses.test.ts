import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { Exchange, startGroup } from '../unit/acceptor/upstream/exchange.ts';
import { compiledUpstream, onRequestHead, ScriptedOrigin } from '../unit/acceptor/upstream/scripted-origin.ts';
import { RESPONSE_CASES, type ResponseCase } from './response-corpus.ts';

interface Delivered {
  readonly status: number;
  readonly body: string;
  /** Lower-case names and trimmed values, end-to-end only. */
  readonly headers: readonly string[];
}

const NOT_FORWARDED = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Serves the bytes of one case, followed by FIN, to whoever connects. */
function serve(t: TestContext, { response }: ResponseCase): Promise<ScriptedOrigin> {
  return ScriptedOrigin.start(t, (socket) => onRequestHead(socket, () => socket.end(response, 'latin1')));
}

async function throughOurs(t: TestContext, port: number, method: string): Promise<Delivered | 'refused'> {
  const group = startGroup(t, compiledUpstream([port]));
  const exchange = new Exchange((connection, recorder) => {
    connection.send(`${method} / HTTP/1.1\r\nhost: o.test\r\n\r\n`, false, method === 'HEAD', recorder);
  });
  const { failure, status, body, headers } = await exchange.start(group).settled();
  if (failure !== null) return 'refused';
  const lines = headers.split('\r\n').slice(0, -1);
  return {
    status,
    body,
    headers: lines.map((line) => normalise(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1))),
  };
}

function throughNode(port: number, method: string): Promise<Delivered | 'refused'> {
  return new Promise((resolve) => {
    const refuse = (): void => resolve('refused');
    const request = http.request({ port, host: '127.0.0.1', method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (text) => {
        body += text;
      });
      response
        .on('error', refuse)
        .on('end', () => resolve({ status: response.statusCode!, body, headers: endToEnd(response) }));
    });
    request.on('error', refuse).on('upgrade', refuse).on('close', refuse).end();
  });
}

function endToEnd({ rawHeaders, headers }: http.IncomingMessage): string[] {
  const named = (headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    if (!NOT_FORWARDED.has(name) && !named.includes(name)) lines.push(normalise(name, rawHeaders[i + 1]));
  }
  return lines;
}

function normalise(name: string, value: string): string {
  return `${name.toLowerCase()}: ${value.replace(/^[ \t]+|[ \t]+$/g, '')}`;
}

describe('responses of upstreams, beside what node:http makes of them', () => {
  it('there are enough of them, each with a name of its own', () => {
    assert.ok(RESPONSE_CASES.length >= 60);
    assert.equal(new Set(RESPONSE_CASES.map(({ name }) => name)).size, RESPONSE_CASES.length);
  });

  for (const testCase of RESPONSE_CASES) {
    const { name, ours, deviation, method = 'GET' } = testCase;
    it(deviation === undefined ? name : `${name} (on purpose not as Node does)`, async (t) => {
      const { port } = await serve(t, testCase);
      const [delivered, oracle] = await Promise.all([throughOurs(t, port, method), throughNode(port, method)]);
      const seen = delivered === 'refused' ? delivered : { status: delivered.status, body: delivered.body };
      assert.deepEqual(seen, ours);
      if (deviation === undefined) assert.deepEqual(delivered, oracle);
      else assert.notDeepEqual(delivered, oracle, 'no deviation any more: take the note out');
    });
  }
});
