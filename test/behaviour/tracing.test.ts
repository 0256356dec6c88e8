import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { type CollectedSpan, type Collector, startCollector } from '../support/collector.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { requestOnce } from '../support/raw-client.ts';
import { rawOrigin } from '../support/raw-origin.ts';
import { reconfigure } from '../support/reconfigure.ts';
import { type RecordingOrigin, recordingOrigin } from '../support/recording-origin.ts';

const file = fileLifetime();
const CALLER = 'b7ad6b7169203331';
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

let origin: RecordingOrigin;
let resettingUrl: string;
let collector: Collector;
/** One for the whole file: what is traced changes with its config. */
let gateway: Gateway;
let traces = 0;

before(async () => {
  origin = await recordingOrigin(file);
  origin.answer('broken', { status: 503, body: 'no' });
  collector = await startCollector(file);
  const resetting = await rawOrigin(file, async (connection) => {
    await connection.readHead();
    await connection.reset();
  });
  resettingUrl = resetting.url;
  gateway = await startGateway(file, toCollector({ sample: '100%' }));
});

function configOf(tracing: unknown): GatewayConfig {
  const config = {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0', trustedProxies: ['127.0.0.1'] }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 1 },
    telemetry: { accessLog: { to: 'stdout' }, serviceName: 'edge', ...(tracing !== null && { tracing }) },
    consumers: { acme: { keys: ['k-acme'] } },
    upstreams: {
      origin: { endpoints: [origin.url] },
      resetting: { endpoints: [resettingUrl] },
      flaky: { endpoints: [resettingUrl, origin.url] },
    },
    routes: [
      { name: 'shop', match: { path: '/shop/*' }, forward: { upstream: 'origin', stripPrefix: '/shop' } },
      { name: 'keyed', match: { path: '/keyed' }, policies: [{ keyAuth: {} }], forward: { upstream: 'origin' } },
      { name: 'gone', match: { path: '/gone' }, forward: { upstream: 'resetting', retries: 0 } },
      {
        name: 'flaky',
        match: { path: '/flaky' },
        forward: { upstream: 'flaky', retries: { attempts: 2, on: ['reset'] } },
      },
    ],
  };
  return config;
}

const toCollector = (rest: object) => configOf({ to: { otlp: collector.url }, ...rest });

/** A trace id that no other request of this file has. */
function newTrace(): string {
  return (++traces).toString(16).padStart(32, 'a');
}

function ask(target: string, ...lines: readonly string[]) {
  const head = [`GET ${target} HTTP/1.1`, 'Host: shop.example', ...lines, '', ''].join('\r\n');
  return requestOnce(file, gateway.portOf('public'), head);
}

/** Waits until so many spans of a trace have come. @returns the gateway's own, and those of its attempts in their order */
async function spansOf(traceId: string, count: number) {
  const ours = (spans: readonly CollectedSpan[]) => spans.filter((span) => span.traceId === traceId);
  await collector.until((spans) => ours(spans).length >= count);
  const spans = ours(collector.spans);
  assert.equal(spans.length, count);
  const attempts = spans.filter(({ kind }) => kind === CLIENT).sort((a, b) => Number(a.startNs - b.startNs));
  return { server: spans.find(({ kind }) => kind === SERVER)!, attempts };
}

/** The last request the origin saw. */
const atOrigin = () => origin.seen.at(-1)!;

describe('tracing of every exchange', () => {
  it('continues the trace of a request, and hands it on to the upstream', async () => {
    const trace = newTrace();
    await ask('/shop/42?key=1', `traceparent: 00-${trace}-${CALLER}-00`, 'tracestate: a=1', 'TraceState: b=2');
    const { server, attempts } = await spansOf(trace, 2);
    assert.equal(server.parentId, CALLER);
    assert.equal(server.traceState, 'a=1,b=2');
    assert.equal(attempts[0]!.parentId, server.spanId);
    assert.equal(atOrigin().header('traceparent'), `00-${trace}-${attempts[0]!.spanId}-01`);
    assert.equal(atOrigin().header('tracestate'), 'a=1,b=2');
  });

  it('says of the exchange what the conventions ask for, and no secret', async () => {
    const trace = newTrace();
    await ask('/shop/42?key=secret', `traceparent: 00-${trace}-${CALLER}-00`);
    const { server, attempts } = await spansOf(trace, 2);
    const { 'penstock.request_id': requestId, ...rest } = server.attributes;
    const facts = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.endsWith('_ms')));
    assert.equal(server.name, 'GET /shop/*');
    assert.equal(requestId, atOrigin().header('x-request-id'));
    assert.deepEqual(facts, {
      'http.request.method': 'GET',
      'http.route': '/shop/*',
      'url.path': '/shop/42',
      'url.scheme': 'http',
      'server.address': 'shop.example',
      'http.response.status_code': 200,
      'http.request.body.size': 0,
      'http.response.body.size': 9,
      'penstock.route': 'shop',
      'penstock.upstream': 'origin',
    });
    assert.deepEqual(
      [attempts[0]!.name, attempts[0]!.attributes],
      [
        'GET',
        {
          'http.request.method': 'GET',
          'url.full': `${origin.url}/42`,
          'server.address': '127.0.0.1',
          'server.port': origin.port,
          'http.response.status_code': 200,
          'penstock.upstream': 'origin',
        },
      ],
    );
    assert.deepEqual([server.resource['service.name'], server.status], ['edge', 0]);
    assert.ok(server.startNs <= attempts[0]!.startNs && attempts[0]!.startNs <= attempts[0]!.endNs);
    assert.ok(attempts[0]!.endNs <= server.endNs);
  });

  it('begins a trace where a request brings none that is valid', async () => {
    for (const lines of [[], [`traceparent: 00-${newTrace()}-${CALLER}-1`, 'tracestate: a=1']]) {
      await ask('/shop/new', ...lines);
      const [, trace, span] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(atOrigin().header('traceparent')!)!;
      const { server, attempts } = await spansOf(trace!, 2);
      assert.deepEqual([server.parentId, server.traceState, attempts[0]!.spanId], ['', '', span]);
      assert.equal(atOrigin().header('tracestate'), undefined);
    }
  });

  it('makes a span of each attempt', async () => {
    // Attempts take turns between the endpoints: of two exchanges, one begins at the one that breaks off.
    const both = [newTrace(), newTrace()];
    for (const trace of both) await ask('/flaky', `traceparent: 00-${trace}-${CALLER}-01`);
    await collector.until((spans) => spans.filter(({ traceId }) => both.includes(traceId)).length >= 5);
    const trace = both.find((id) => collector.spans.filter(({ traceId }) => traceId === id).length === 3)!;
    const { server, attempts } = await spansOf(trace, 3);
    const [first, second] = attempts;
    assert.deepEqual([server.status, first!.status, second!.status], [0, ERROR, 0]);
    assert.equal(first!.attributes['error.type'], 'upstream_closed');
    assert.equal(first!.attributes['server.port'], Number(new URL(resettingUrl).port));
    assert.equal(first!.attributes['http.request.resend_count'], undefined);
    assert.equal(second!.attributes['http.request.resend_count'], 1);
    assert.equal(second!.attributes['server.port'], origin.port);
    const sent = `00-${trace}-${second!.spanId}-01`;
    assert.ok(origin.seen.some((request) => request.header('traceparent') === sent));
  });

  it('names the error of an exchange that failed, and who asked', async () => {
    const [failed, refused, allowed] = [newTrace(), newTrace(), newTrace()];
    await ask('/gone', `traceparent: 00-${failed}-${CALLER}-01`);
    await ask('/keyed', `traceparent: 00-${refused}-${CALLER}-01`);
    await ask('/keyed', `traceparent: 00-${allowed}-${CALLER}-01`, 'x-api-key: k-acme');
    const { server, attempts } = await spansOf(failed, 2);
    assert.deepEqual([server.status, server.attributes['error.type']], [ERROR, 'upstream_closed']);
    assert.deepEqual([attempts[0]!.status, attempts[0]!.attributes['error.type']], [ERROR, 'upstream_closed']);
    const unauthorised = (await spansOf(refused, 1)).server;
    assert.deepEqual([unauthorised.status, unauthorised.attributes['http.response.status_code']], [0, 401]);
    assert.equal((await spansOf(allowed, 2)).server.attributes['penstock.consumer'], 'acme');
  });

  it('gives the access log the ids to find the trace by', async () => {
    const trace = newTrace();
    await ask('/shop/logged', `traceparent: 00-${trace}-${CALLER}-01`);
    const { server } = await spansOf(trace, 2);
    const line = await gateway.printed(new RegExp(`"traceId":"${trace}","spanId":"([0-9a-f]{16})"`));
    assert.equal(line[1], server.spanId);
  });
});

describe('without tracing', () => {
  it("the client's trace context goes on as it came, whatever it holds", async () => {
    await reconfigure(gateway, configOf(null), 2);
    const printedBefore = gateway.stdout.length;
    await ask('/shop/a', 'traceparent: what ever', 'tracestate: 1');
    assert.deepEqual([atOrigin().header('traceparent'), atOrigin().header('tracestate')], ['what ever', '1']);
    await ask('/shop/untraced');
    assert.equal(atOrigin().header('traceparent'), undefined);
    await gateway.printed(/"path":"\/shop\/untraced"/);
    const lines = gateway.stdout.slice(printedBefore);
    assert.match(lines, /"path":"\/shop\/a"/);
    assert.doesNotMatch(lines, /traceId/);
  });
});

describe('sampling', () => {
  it('exports what failed, and nothing else, at a share of nothing', async () => {
    await reconfigure(gateway, toCollector({ sample: '0%' }), 3);
    const [fine, refused, broken, gone] = [newTrace(), newTrace(), newTrace(), newTrace()];
    // The client's flag is no reason to trace: nobody said that it is to be trusted.
    await ask('/shop/fine', `traceparent: 00-${fine}-${CALLER}-01`);
    assert.match(atOrigin().header('traceparent')!, new RegExp(`^00-${fine}-[0-9a-f]{16}-00$`));
    await ask('/keyed', `traceparent: 00-${refused}-${CALLER}-01`);
    await ask('/shop/broken', `traceparent: 00-${broken}-${CALLER}-00`, 'x-test-answer: broken');
    await ask('/gone', `traceparent: 00-${gone}-${CALLER}-00`);
    assert.equal((await spansOf(broken, 2)).server.attributes['error.type'], '503');
    assert.equal((await spansOf(gone, 2)).server.attributes['error.type'], 'upstream_closed');
    assert.ok(collector.spans.every(({ traceId }) => traceId !== fine && traceId !== refused));
  });

  it('goes by a header, and by the flag of those whose word counts', async () => {
    const header = { name: 'X-Trace', value: 'please' };
    await reconfigure(gateway, toCollector({ sample: '0%', errors: 'sampled', header, trust: 'trustedProxies' }), 4);
    const [wrong, asked, flagged, broken] = [newTrace(), newTrace(), newTrace(), newTrace()];
    await ask('/shop/a', `traceparent: 00-${wrong}-${CALLER}-00`, 'x-trace: 1');
    await ask('/shop/a', `traceparent: 00-${broken}-${CALLER}-00`, 'x-test-answer: broken');
    await ask('/shop/a', `traceparent: 00-${asked}-${CALLER}-00`, 'x-trace: please');
    await ask('/shop/a', `traceparent: 00-${flagged}-${CALLER}-01`);
    await spansOf(asked, 2);
    await spansOf(flagged, 2);
    assert.ok(collector.spans.every(({ traceId }) => traceId !== wrong && traceId !== broken));
  });

  it('exports what is left when the gateway stops', async () => {
    const trace = newTrace();
    await ask('/shop/last', `traceparent: 00-${trace}-${CALLER}-01`);
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    await spansOf(trace, 2);
  });
});
