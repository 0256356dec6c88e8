/** The main job on real input: what clients of public sites sent, through two acceptors to an origin that remembers it all. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { digest, filler } from '../support/byte-source.ts';
import { startGateway } from '../support/gateway.ts';
import type { FinalResponse } from '../support/raw-client.ts';
import { githubCalls, type LoggedRequest, loggedRequests, responseBodyOf } from '../support/recorded-traffic.ts';
import { ANSWER_HEADER, type Answer, recordingOrigin, type SeenRequest } from '../support/recording-origin.ts';
import { tempDir } from '../support/temp-dir.ts';
import { atOnce, Caller, type CallRequest } from './caller.ts';
import { expectedTarget } from './expected-target.ts';

type Headers = readonly (readonly [name: string, value: string])[];

/** One recorded request with the answer it gets, under an id that appears once. */
interface Recorded extends CallRequest {
  readonly id: string;
  readonly host: string;
  /** Who sent it: requests of one client go out one after the other. */
  readonly client: string;
  readonly endToEnd: Headers;
  readonly answer: Answer & { readonly headers: Headers; readonly body: Buffer };
}

/** Made anew for each connection, or the gateway's own. */
const NOT_END_TO_END = new Set(['date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']);
const ADDED_TO_REQUESTS = /^(host|content-length|transfer-encoding|connection|via|x-request-id|x-forwarded-.*)$/i;
/** The largest files of the recordings have 69 MB. */
const MOST_LOGGED_BYTES = 64 * 1024;
const CLIENTS_AT_ONCE = 32;

const logFile = join(tempDir({ after }), 'access.log');
const origin = await recordingOrigin({ after });
const gateway = await startGateway({ after }, config(origin.url));
/** Everything sent so far, with what came back. */
const sent: { readonly recorded: Recorded; readonly response: FinalResponse }[] = [];

function config(originUrl: string) {
  const site = (name: string, hosts: string[]) => ({ name, match: { hosts, path: '/*' }, forward: { upstream: name } });
  const upstream = { endpoints: [originUrl], connections: { perEndpoint: 32 } };
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2, memory: { config: '1MiB' } },
    telemetry: { accessLog: { to: { file: logFile } } },
    upstreams: { github: upstream, wordpress: upstream, apache: upstream },
    routes: [
      site('github', [...new Set(githubCalls().map(({ host }) => host))]),
      site('wordpress', ['wordpress.example.com']),
      site('apache', ['apache.example.com']),
    ],
  };
}

function recordedCalls(run: string): Recorded[] {
  return githubCalls().map((call, index) => {
    const id = `${run}-${call.id}`;
    const body = Buffer.from(call.body);
    return {
      ...{ id, client: 'octokit', host: call.host, method: call.method, target: call.target, body },
      endToEnd: call.headers,
      headers: [['Host', call.host], [ANSWER_HEADER, id], ...call.headers],
      chunked: body.length > 0 && index % 2 === 0,
      answer: {
        status: call.status,
        headers: call.responseHeaders,
        body: responseBodyOf(call),
        chunked: index % 3 === 0,
      },
    };
  });
}

function recordedVisits(site: 'wordpress' | 'apache'): Recorded[] {
  return loggedRequests(site).map((visit: LoggedRequest, index) => {
    const id = `${site}-${index}`;
    const host = `${site}.example.com`;
    const endToEnd = [
      ['User-Agent', visit.agent ?? ''],
      ['Referer', visit.referer ?? ''],
    ].filter(([, value]) => value !== '') as [string, string][];
    const hasBody = visit.status !== 304 && visit.status !== 204;
    return {
      ...{ id, client: visit.client, host, method: visit.method, target: visit.target, endToEnd },
      headers: [['Host', host], [ANSWER_HEADER, id], ...endToEnd],
      body: Buffer.alloc(0),
      chunked: false,
      answer: {
        status: visit.status,
        headers: [['Content-Type', 'text/html']],
        body: hasBody ? filler(id, Math.min(visit.bytes, MOST_LOGGED_BYTES)) : Buffer.alloc(0),
      },
    };
  });
}

const isRefused = ({ target }: Recorded): boolean => expectedTarget(target) === null;

async function send(caller: Caller, recorded: Recorded): Promise<void> {
  origin.answer(recorded.id, recorded.answer);
  const response = await caller.call(recorded);
  sent.push({ recorded, response });
  if (isRefused(recorded)) assertRefused(response, recorded);
  else assertWhole(response, recorded);
}

function assertRefused(response: FinalResponse, { id, target }: Recorded): void {
  assert.equal(response.status, 400, `${id} ${target}`);
  assert.equal(response.header('penstock-error'), 'path_invalid');
  assert.equal(JSON.parse(response.body.toString()).code, 'path_invalid');
}

/** The answer as the origin gave it: its status, its headers in their order, its body to the last byte. */
function assertWhole(response: FinalResponse, { id, method, answer }: Recorded): void {
  const endToEnd = (headers: Headers) => headers.filter(([name]) => !NOT_END_TO_END.has(name.toLowerCase()));
  const isOwn = ([name]: readonly [string, string]) => name === 'x-request-id';
  assert.equal(response.status, answer.status, id);
  const expected = endToEnd(answer.headers);
  const received = endToEnd(response.headers);
  assert.deepEqual(expected.some(isOwn) ? received : received.filter((header) => !isOwn(header)), expected, id);
  assert.equal(response.headers.filter(([name]) => name.toLowerCase() === 'date').length, 1, id);
  const body = method === 'HEAD' ? Buffer.alloc(0) : answer.body;
  assert.equal(digest(response.body), digest(body), `body of the answer to ${id}`);
  if (method === 'HEAD' && !answer.chunked) assert.equal(response.header('content-length'), String(answer.body.length));
}

/** Every request that may pass is at the origin once, as it was sent; those refused are not there. */
function assertArrived(all: readonly Recorded[]): void {
  const seen = groupBy(origin.seen, ({ answer }) => answer!);
  for (const recorded of all) {
    const expected = expectedTarget(recorded.target);
    const arrivals = seen.get(recorded.id) ?? [];
    assert.equal(arrivals.length, expected === null ? 0 : 1, `arrivals of ${recorded.id} ${recorded.target}`);
    if (expected !== null) assertSame(arrivals[0], recorded, expected);
  }
}

function assertSame(arrival: SeenRequest, { id, method, host, endToEnd, body }: Recorded, target: string): void {
  assert.equal(`${arrival.method} ${arrival.target}`, `${method} ${target}`, id);
  assert.equal(arrival.header('host'), host, id);
  assert.equal(arrival.bodyDigest, digest(body), `body of ${id}`);
  const headers = arrival.headers.filter(([name]) => !ADDED_TO_REQUESTS.test(name) && name !== ANSWER_HEADER);
  assert.deepEqual(
    headers,
    endToEnd.map(([name, value]) => [name.toLowerCase(), value]),
    id,
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** What `/metrics` counts, as soon as it has counted this many exchanges. */
async function countedExchanges(total: number): Promise<ReadonlyMap<string, number>> {
  for (let page = ''; ; ) {
    page = await (await fetch(new URL('/metrics', gateway.urlOf('admin')))).text();
    const lines = page.split('\n').filter((line) => !line.startsWith('#') && line !== '');
    const values = new Map(lines.map((line) => line.match(/^(.*) (\S+)$/)!.slice(1) as [string, string]));
    const numbers = new Map([...values].map(([name, value]) => [name, Number(value)]));
    if (sumOf(numbers, 'penstock_requests_total') >= total) return numbers;
  }
}

function sumOf(metrics: ReadonlyMap<string, number>, family: string, label = ''): number {
  return [...metrics]
    .filter(([name]) => name.startsWith(`${family}{`) && name.includes(label))
    .reduce((sum, [, value]) => sum + value, 0);
}

describe('recorded traffic through two acceptors', { timeout: 120_000 }, () => {
  it('delivers 1,116 GitHub calls once each and their answers whole, many clients at once, and refuses one', async () => {
    const calls = recordedCalls('together');
    assert.equal(calls.filter((call) => !isRefused(call)).length, 1_116);
    const callers = Array.from({ length: CLIENTS_AT_ONCE }, () => new Caller(gateway.portOf('public')));
    const free = [...callers];
    await atOnce(callers.length, calls, async (call) => {
      const caller = free.pop()!;
      await send(caller, call);
      free.push(caller);
    });
    const { acceptors } = (await gateway.status()) as { acceptors: readonly { openConnections?: number }[] };
    assert.equal(acceptors.length, 2);
    assert.ok(
      acceptors.every(({ openConnections = 0 }) => openConnections > 0),
      'both acceptors took part',
    );
    for (const caller of callers) caller.close();
    assertArrived(calls);
  });

  it('delivers a third of them backwards, one after the other on one connection, in that order', async () => {
    const calls = recordedCalls('alone')
      .filter((_, index) => index % 3 === 0)
      .reverse();
    const before = origin.seen.length;
    const caller = new Caller(gateway.portOf('public'));
    for (const call of calls) await send(caller, call);
    caller.close();
    assertArrived(calls);
    assert.deepEqual(
      origin.seen.slice(before).map(({ answer }) => answer),
      calls.filter((call) => !isRefused(call)).map(({ id }) => id),
    );
  });

  for (const [site, count, refused] of [
    ['wordpress', 6_093, 76],
    ['apache', 6_001, 0],
  ] as const) {
    it(`delivers ${count - refused} requests of the ${site} log client by client, and refuses ${refused} that no origin should see`, async () => {
      const visits = recordedVisits(site);
      assert.equal(visits.length, count);
      assert.equal(visits.filter(isRefused).length, refused);
      const clients = groupBy(visits, ({ client }) => client);
      await atOnce(CLIENTS_AT_ONCE, [...clients.values()], async (visitsOfOne) => {
        const caller = new Caller(gateway.portOf('public'));
        for (const visit of visitsOfOne) await send(caller, visit);
        caller.close();
      });
      assertArrived(visits);
    });
  }

  it('forwards the odd targets of the logs in one spelling', () => {
    // Written by hand, so that the reference these tests compare with is itself held to something.
    const spelled: [sent: string, arrives: string][] = [
      ['//favicon.ico', '/favicon.ico'],
      ['/https://github.com/tlockney', '/https:/github.com/tlockney'],
      ['/category/rest/<prefill>true</prefill>?', '/category/rest/%3Cprefill%3Etrue%3C/prefill%3E?'],
      ['/category/java/page/2/?lt;prefill>true</prefill>', '/category/java/page/2/?lt;prefill>true</prefill>'],
    ];
    for (const [target, arrives] of spelled) {
      const { id } = sent.find(({ recorded }) => recorded.target === target)!.recorded;
      assert.deepEqual(
        origin.requestsFor(id).map((request) => request.target),
        [arrives],
      );
    }
  });

  it('counts every exchange once, those it refused under their code', async () => {
    const metrics = await countedExchanges(sent.length);
    const refusals = sent.filter(({ recorded }) => isRefused(recorded)).length;
    assert.equal(sumOf(metrics, 'penstock_requests_total'), sent.length);
    assert.equal(sumOf(metrics, 'penstock_requests_total', 'route="apache"'), 6_001);
    assert.equal(sumOf(metrics, 'penstock_requests_total', 'route="github"'), 1_116 + 373);
    assert.equal(sumOf(metrics, 'penstock_gateway_errors_total'), refusals);
    assert.equal(sumOf(metrics, 'penstock_gateway_errors_total', 'code="path_invalid"'), refusals);
    assert.equal(origin.seen.length, sent.length - refusals);
  });

  it('logs every exchange once, under the id that the origin, or the client it refused, was given', async () => {
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
    const logged = new Map(lines.map((line) => JSON.parse(line)).map((entry) => [entry.requestId, entry]));
    assert.deepEqual([lines.length, logged.size], [sent.length, sent.length]);
    const forwarded = new Map(origin.seen.map((request) => [request.answer, request.header('x-request-id')]));
    for (const { recorded, response } of sent) {
      const { method, status, error } = logged.get(forwarded.get(recorded.id) ?? response.header('x-request-id')) ?? {};
      assert.deepEqual(
        [method, status, error],
        [recorded.method, response.status, isRefused(recorded) ? 'path_invalid' : null],
        recorded.id,
      );
    }
  });
});
