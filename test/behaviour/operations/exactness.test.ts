/** Whatever changes, every response is wholly of one snapshot: its route, its policies, its upstream. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { before, it } from 'node:test';
import { until } from '../../support/admin.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { rawClient } from '../../support/raw-client.ts';
import type { RawResponse } from '../../support/raw-response.ts';
import { type SimpleOrigin, simpleOrigin } from '../../support/simple-origin.ts';
import { type LoadAnswer, steadyLoad } from '../../support/steady-load.ts';

const file = fileLifetime();
const RELOADS = 9;
/** Routes before and after the one that is asked for, so that numbers mean other routes in every snapshot. */
const FILLERS = 40;
let origins: readonly SimpleOrigin[];
/** Answers to /held that have not been given yet. */
const held: ServerResponse[] = [];

before(async () => {
  const origin = (number: number) =>
    simpleOrigin(file, (request, response) => {
      response.setHeader('x-origin', number);
      response.setHeader('x-saw', String(request.headers['x-version']));
      if (request.url?.endsWith('/held')) held.push(response);
      else response.end(request.url);
    });
  origins = [await origin(0), await origin(1), await origin(2)];
});

/** Every third version wants credentials that the load does not have. */
const isGuarded = (version: number): boolean => version % 3 === 2;
const PASSWORD = `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Everything in it says which version it is: rewrite, request and response headers, limit, realm, upstream. */
function configOf(version: number): object {
  const forward = { upstream: `u${version}` };
  const fillers = Array.from({ length: FILLERS }, (_, index) => ({
    name: `filler-${index}-${version}`,
    match: { path: `/filler/${(index * 7 + version) % FILLERS}` },
    forward,
  }));
  const marks = [
    { rewrite: { prefix: { from: '/x', to: `/v${version}` } } },
    { headers: { request: { set: { 'x-version': `${version}` } }, response: { set: { 'x-version': `${version}` } } } },
    { rateLimit: { limit: `${100_000 + version}/s` } },
  ];
  const policies = isGuarded(version) ? [...marks, { basicAuth: { realm: `v${version}` } }] : marks;
  const subject = { name: `subject-${version}`, match: { path: '/x/*' }, policies, forward };
  const place = (version * 5) % FILLERS;
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2 },
    telemetry: { accessLog: 'none' },
    consumers: { maria: { passwords: [PASSWORD] } },
    upstreams: { [`u${version}`]: { endpoints: [origins[version % origins.length]!.url] } },
    routes: [...fillers.slice(place), subject, ...fillers.slice(0, place)],
  };
}

/** What a response shows of the version it comes from; undefined for what it does not show. */
interface Marks {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** The version a response is of. @throws AssertionError when something in it is of another */
function versionOf({ status, header, body }: Marks, rest: string): number {
  const [, realm] = /realm="v(\d+)"/.exec(header('www-authenticate') ?? '') ?? [];
  const version = Number(realm ?? header('x-version'));
  const isRefused = isGuarded(version);
  assert.deepEqual(
    {
      status,
      limit: header('ratelimit-policy')?.match(/q=(\d+)/)?.[1] ?? `${100_000 + version}`,
      ...(isRefused ? {} : { mark: header('x-version'), origin: header('x-origin'), saw: header('x-saw'), body }),
    },
    {
      status: isRefused ? 401 : 200,
      limit: `${100_000 + version}`,
      ...(isRefused
        ? {}
        : {
            mark: `${version}`,
            origin: `${version % origins.length}`,
            saw: `${version}`,
            body: `/v${version}${rest}`,
          }),
    },
  );
  return version;
}

async function publish(gateway: Gateway, version: number): Promise<void> {
  writeFileSync(gateway.configPath, JSON.stringify(configOf(version)));
  gateway.signal('SIGHUP');
  await gateway.printed(new RegExp(`generation ${version + 1} is live`));
}

it('every response under load is of one snapshot, and those in flight end on the one they began with', async (t) => {
  const gateway = await startGateway(t, configOf(0) as never);
  const port = gateway.portOf('public');
  const seen = new Set<number>();
  const mixtures: unknown[] = [];
  const onAnswer = (answer: LoadAnswer): void => {
    try {
      seen.add(versionOf(answer, '/y'));
    } catch (error) {
      mixtures.push(error);
    }
  };
  const load = steadyLoad(t, { port, path: '/x/y', keepAlive: 6, newConnections: 2, onAnswer });
  const inFlight: { readonly version: number; readonly response: Promise<RawResponse> }[] = [];
  for (let version = 1; version <= RELOADS; version++) {
    if (!isGuarded(version - 1)) {
      const client = await rawClient(t, port);
      await client.send('GET /x/held HTTP/1.1\r\nHost: a\r\n\r\n');
      inFlight.push({ version: version - 1, response: client.readResponse() });
      await until(
        'held',
        async () => held.length,
        (count) => count === inFlight.length,
      );
    }
    await Promise.all([publish(gateway, version), load.more(20)]);
  }
  await load.more(20);
  await load.stop();
  for (const response of held) response.end(response.req.url);
  for (const { version, response } of inFlight) {
    const { status, header, body } = await response;
    assert.equal(versionOf({ status, header, body: body.toString() }, '/held'), version);
  }
  assert.deepEqual(mixtures.slice(0, 3), []);
  assert.deepEqual(load.failures, []);
  assert.ok(seen.size > RELOADS / 2, `only ${[...seen]} were seen`);
});
