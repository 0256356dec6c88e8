/** The routes of four real APIs, 2,809 of them, in one config: each request goes the way its template says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import type { FinalResponse } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { repositoryRoot } from '../support/repository-root.ts';
import { tempDir } from '../support/temp-dir.ts';
import { atOnce, Caller } from './caller.ts';

/** One operation of an API; its name is that of its route, and the host that the route gives to the request. */
interface Operation {
  readonly name: string;
  readonly host: string;
  readonly method: string;
  readonly template: string;
}

const APIS = ['github', 'stripe', 'kubernetes', 'digitalocean'] as const;
/** What identifiers in real paths look like: none of them is a literal segment of these APIs. */
const VALUES = [
  'octocat-7',
  'ch_3MmlLrLkdIwHu7ix',
  'kube-system.v2',
  '6b5f1c2e-9d7a',
  'a%20b',
  '%C3%A9t%C3%A9',
  '~x',
  ':y@z',
];
const CALLERS_PER_ACCEPTOR = 6;

const operations: readonly Operation[] = APIS.flatMap((api) =>
  readFileSync(join(repositoryRoot, `test/fixtures/openapi/${api}.tsv`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      const [method, template] = line.split('\t');
      return { name: `${api}-${index + 1}`, host: `${api}.example.com`, method, template };
    }),
);

const logFile = join(tempDir({ after }), 'access.log');
const origin = await recordingOrigin({ after });
const gateway = await startGateway({ after }, config());

function config() {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2 },
    telemetry: { accessLog: { to: { file: logFile } } },
    upstreams: Object.fromEntries(APIS.map((api) => [api, { endpoints: [origin.url] }])),
    routes: operations.map(({ name, host, method, template }) => ({
      name,
      match: { hosts: [host], path: template, methods: [method] },
      // The origin sees which route was taken: each one sends a Host of its own.
      forward: { upstream: name.split('-')[0], host: name },
    })),
  };
}

/** The path a client would ask for: values in place of parameters, each followed by its place so that none is mixed up. */
function pathOf({ template }: Operation, seed: number): string {
  let place = 0;
  return template.replace(/\{[^}]+\}/g, () => `${VALUES[(seed + place) % VALUES.length]}.${++place}`);
}

function get(caller: Caller, { host, method }: Omit<Operation, 'name' | 'template'>, target: string) {
  const headers = [['Host', host]] as const;
  return caller.call({ method, target, headers, body: Buffer.alloc(0), chunked: false });
}

/** The acceptor that answered: the first 16 digits of a request id are its own. */
const acceptorOf = (response: FinalResponse): string => response.header('x-request-id')!.slice(0, 16);

/** Connections to each of the acceptors; which one takes a new connection is the kernel's choice, so open until it fits. */
async function callersByAcceptor(count: number): Promise<Caller[][]> {
  const found = new Map<string, Caller[]>();
  const isEnough = () => found.size === count && [...found.values()].every((all) => all.length >= CALLERS_PER_ACCEPTOR);
  while (!isEnough()) {
    const caller = new Caller(gateway.portOf('public'));
    const acceptor = acceptorOf(await get(caller, { host: 'nobody.example.com', method: 'GET' }, '/'));
    found.set(acceptor, [...(found.get(acceptor) ?? []), caller]);
  }
  return [...found.values()];
}

describe('the routes of four real APIs on two acceptors', { timeout: 120_000 }, () => {
  let callers: Caller[][] = [];
  const asked = new Map<string, string[]>();

  it('sends every request made from a template along the route of that template, whichever acceptor takes it', async () => {
    assert.equal(operations.length, 2_809);
    callers = await callersByAcceptor(2);
    for (const [round, ofAcceptor] of callers.entries()) {
      const free = [...ofAcceptor];
      const tasks = [...operations.entries()];
      await atOnce(free.length, tasks, async ([index, operation]) => {
        const caller = free.pop()!;
        const target = `${pathOf(operation, index + round)}?round=${round}`;
        const response = await get(caller, operation, target);
        assert.equal(response.status, 200, `${operation.method} ${target}`);
        asked.set(operation.name, [...(asked.get(operation.name) ?? []), `${operation.method} ${target}`]);
        free.push(caller);
      });
    }
    const arrived = new Map<string, string[]>();
    for (const request of origin.seen) {
      const name = request.header('host')!;
      arrived.set(name, [...(arrived.get(name) ?? []), `${request.method} ${request.target}`]);
    }
    assert.equal(origin.seen.length, 2 * operations.length);
    for (const { name, template } of operations) assert.deepEqual(arrived.get(name), asked.get(name), template);
  });

  it('answers itself where no API has such a path, host or method, and no origin hears of it', async () => {
    const before = origin.seen.length;
    const [caller] = callers[0];
    const refused: [host: string, method: string, target: string, status: number, allow?: string][] = [
      ['github.example.com', 'GET', '/repos/octocat', 404],
      ['github.example.com', 'GET', '/v1/charges', 404],
      ['elsewhere.example.com', 'GET', '/v1/charges', 404],
      ['stripe.example.com', 'PUT', '/v1/charges', 405, 'GET, POST'],
      ['github.example.com', 'POST', '/repos/octocat/hello/issues/7/lock', 405, 'DELETE, PUT'],
    ];
    for (const [host, method, target, status, allow] of refused) {
      const response = await get(caller, { host, method }, target);
      const allowed = response.header('allow')?.split(', ').sort().join(', ');
      assert.deepEqual([response.status, allowed], [status, allow], `${method} ${host}${target}`);
    }
    assert.equal(origin.seen.length, before);
  });

  it('logs every exchange under its route', async () => {
    for (const caller of callers.flat()) caller.close();
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { route: string | null; method: string; path: string });
    const logged = new Map<string, string[]>();
    for (const { route, method, path } of entries) {
      if (route !== null) logged.set(route, [...(logged.get(route) ?? []), `${method} ${path}`]);
    }
    assert.equal(logged.size, operations.length);
    for (const { name } of operations) {
      const expected = asked.get(name)!.map((request) => request.split('?')[0]);
      assert.deepEqual(logged.get(name)?.sort(), expected.sort(), name);
    }
  });
});
