/** What is said of a request and what a gateway does with it: many requests, one gateway, no difference. */
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import fc from 'fast-check';
import type { DescribedRequest } from '../../src/cli/dry-gateway/described-request.ts';
import type { DryGateway } from '../../src/cli/dry-gateway/dry-gateway.ts';
import { openGateway } from '../../src/cli/dry-gateway/open-gateway.ts';
import { outgoingRequest } from '../../src/cli/dry-gateway/outgoing-request.ts';
import { until } from '../support/admin.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { requestOnce } from '../support/raw-client.ts';
import { simpleOrigin } from '../support/simple-origin.ts';

const file = fileLifetime();
const REQUESTS = 400;
const SEED = 20_261_121;
let gateway: Gateway;
let dry: DryGateway;

before(async () => {
  const origin = await simpleOrigin(file, (request, response) => {
    request.resume();
    const { method, url, rawHeaders } = request;
    request.on('end', () => response.end(JSON.stringify({ method, url, rawHeaders })));
  });
  const team = {
    headers: { request: { set: { 'x-team': 'blue' }, remove: ['x-gone'] }, response: { set: { 'x-seen': '1' } } },
  };
  gateway = await startGateway(file, {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0', trustedProxies: ['127.0.0.1'], limits: { bodyBytes: 8 } }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 1 },
    upstreams: { origin: { endpoints: [origin.url] } },
    policies: { team: [team] },
    routes: [
      { name: 'exact', match: { path: '/a', methods: ['GET'] }, forward: { upstream: 'origin' } },
      {
        name: 'version',
        match: { path: '/a', methods: ['GET'], headers: { 'x-version': '2' } },
        policies: ['team'],
        forward: { upstream: 'origin' },
      },
      {
        name: 'template',
        match: { hosts: ['a.test'], path: '/a/{id}' },
        policies: ['team'],
        forward: { upstream: 'origin', stripPrefix: '/a' },
      },
      {
        name: 'prefix',
        match: { hosts: ['*.test'], path: '/a/*', query: { q: 'x y' } },
        forward: { upstream: 'origin', host: 'inner.test:99' },
      },
      { name: 'closed', match: { path: '/b/*' }, policies: ['team', { respond: { status: 418, body: 'no' } }] },
      { name: 'expression', match: { path: '~^/c[0-9]+$' }, forward: { upstream: 'origin' } },
    ],
  } as never);
  const { opened, diagnostics } = openGateway(gateway.configPath, {}, Date.now());
  assert.ok(opened !== null, JSON.stringify(diagnostics));
  dry = opened.gateway;
});

const segment = fc.constantFrom('a', 'a', 'b', 'c7', '42', '%61', '..', '.', '%2e%2E', 'x%2Fy', '%00', '');
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const header = fc.constantFrom<readonly [string, string]>(
  ['x-version', '2'],
  ['x-version', '3'],
  ['X-Team', 'red'],
  ['x_team', 'red'],
  ['x-gone', 'here'],
  ['connection', 'x-gone'],
  ['connection', 'authorization'],
  ['x-forwarded-for', '192.0.2.7, 127.0.0.1'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-host', 'outer.test'],
  ['via', '1.0 elsewhere'],
  ['expect', 'the-best'],
  ['proxy-authorization', 'basic x'],
  ['te', 'trailers'],
  ['accept', '*/*'],
);
const described: fc.Arbitrary<DescribedRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'PURGE', 'TRACE', 'CONNECT'),
    path,
    query: fc.constantFrom('', '', '?q=x+y', '?q=x%20y&r', '?q=z'),
    host: fc.constantFrom('a.test', 'a.test', 'A.Test.:80', 'b.test', 'elsewhere', '[::1]:1', 'bad host'),
    headers: fc.array(header, { maxLength: 4 }),
    body: fc.constantFrom('', '', 'short', 'much too long for this'),
  })
  .map(({ method, path: target, query, host, headers, body }) => ({
    method,
    url: `${target}${query}`,
    headers: [['host', host] as const, ...headers],
    client: null,
    body: method === 'POST' ? Buffer.from(body) : Buffer.alloc(0),
    listener: null,
  }));

it('a dry gateway finds the route, refuses and forwards as a running one does', async (t) => {
  const requests = fc.sample(described, { numRuns: REQUESTS, seed: SEED });
  const expected: { route: string | null; error: string | null }[] = [];
  const kinds = new Set<string>();
  for (const request of requests) {
    const exchange = await dry.decide(request, null);
    const outcome = exchange.outcome!;
    kinds.add(outcome.kind);
    const about = `${request.method} ${request.url} ${JSON.stringify(request.headers)} -> ${outcome.kind}`;
    const response = await requestOnce(t, gateway.portOf('public'), rawText(request));
    const error = 'code' in outcome ? outcome.code : null;
    expected.push({ route: exchange.route?.name ?? null, error });
    assert.equal(response.header('penstock-error') ?? null, error, about);
    if (outcome.kind !== 'forward') assert.equal(response.status, outcome.status, about);
    if (outcome.kind !== 'forward' || request.method === 'HEAD') continue;
    const seen = JSON.parse(response.body.toString()) as { method: string; url: string; rawHeaders: string[] };
    const outgoing = outgoingRequest(exchange);
    assert.deepEqual([seen.method, seen.url], [outgoing.method, outgoing.target], about);
    const wanted = [['host', outgoing.host], ...outgoing.headers].filter(isComparable);
    const got = seen.rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, seen.rawHeaders[at + 1]!]] : []));
    assert.deepEqual(got.filter(isComparable), wanted, about);
  }
  assert.deepEqual([...kinds].sort(), ['answer', 'forward', 'none', 'refuse']);
  await until(
    'logged',
    async () => logLines().length,
    (count) => count >= REQUESTS,
  );
  assert.deepEqual(logLines(), expected);
});

/** Ids and names of instances differ from one to the next. */
function isComparable([name]: readonly string[]): boolean {
  return name !== 'x-request-id' && name !== 'via';
}

function rawText({ method, url, headers, body }: DescribedRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = body.length > 0 ? `content-length: ${body.length}\r\n` : '';
  return `${method} ${url} HTTP/1.1\r\n${lines}${length}\r\n${body.toString('latin1')}`;
}

function logLines(): { route: string | null; error: string | null }[] {
  return gateway.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { route: string | null; error: string | null })
    .map(({ route, error }) => ({ route, error }));
}
