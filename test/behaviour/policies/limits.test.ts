/** Limits of real gateways: what clients see of them, over acceptors and reloads. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import type { Gateway } from '../../support/gateway.ts';
import { type FinalResponse, rawClient, requestOnce } from '../../support/raw-client.ts';
import { type RecordingOrigin, recordingOrigin } from '../../support/recording-origin.ts';
import { head, plainGateway } from '../plain-gateway.ts';

interface Setting {
  readonly gateway: Gateway;
  readonly origin: RecordingOrigin;
  get(path: string, ...headers: readonly string[]): Promise<FinalResponse>;
}

async function gatewayWith(
  t: TestContext,
  policies: Readonly<Record<string, readonly unknown[]>>,
  acceptors = 1,
): Promise<Setting> {
  const origin = await recordingOrigin(t);
  const routes = Object.entries(policies).map(([name, list]) => ({
    name,
    match: { path: `/${name}` },
    policies: list,
    forward: { upstream: 'origin' },
  }));
  const gateway = await plainGateway(t, origin.url, { routes, acceptors });
  const get = (path: string, ...headers: readonly string[]) =>
    requestOnce(t, gateway.portOf('public'), head(`GET ${path} HTTP/1.1`, 'Host: h', ...headers));
  return { gateway, origin, get };
}

async function metric(gateway: Gateway, line: RegExp): Promise<string | undefined> {
  const page = await (await fetch(new URL('/metrics', gateway.urlOf('admin')))).text();
  return line.exec(page)?.[1];
}

it('a rate limit counts over acceptors, says how much is left, and answers 429 with Retry-After', async (t) => {
  const { origin, get } = await gatewayWith(
    t,
    { limited: [{ rateLimit: { limit: '2/h', burst: 3 } }], quiet: [{ rateLimit: { limit: '1/h', headers: false } }] },
    2,
  );
  for (const left of [2, 1, 0]) {
    const response = await get('/limited');
    assert.equal(response.status, 200);
    assert.equal(response.header('ratelimit-policy'), '"default";q=2;w=3600;penstock-burst=3');
    const [, remaining, reset] = /^"default";r=(\d+);t=(\d+)$/.exec(response.header('ratelimit')!)!;
    assert.equal(Number(remaining), left);
    assert.ok(Number(reset) <= 1800 * (3 - left) && Number(reset) > 1800 * (3 - left) - 100, reset);
  }
  const refused = await get('/limited');
  assert.equal(refused.status, 429);
  assert.equal(refused.header('penstock-error'), 'rate_limited');
  const retryAfter = Number(refused.header('retry-after'));
  assert.ok(retryAfter > 1700 && retryAfter <= 1800, `${retryAfter}`);
  assert.equal(refused.header('ratelimit'), `"default";r=0;t=${retryAfter}`);
  assert.equal(origin.seen.length, 3);

  assert.equal((await get('/quiet')).header('ratelimit'), undefined);
  const quietly = await get('/quiet');
  assert.deepEqual([quietly.status, quietly.header('ratelimit-policy')], [429, undefined]);
});

it('buckets outlive a reload and the death of an acceptor', async (t) => {
  const { gateway, get } = await gatewayWith(t, { limited: [{ rateLimit: { limit: '1/h', by: 'route' } }] });
  assert.equal((await get('/limited')).status, 200);
  writeFileSync(gateway.configPath, readFileSync(gateway.configPath, 'utf8').replace('"/limited"', '"/{any}"'));
  gateway.signal('SIGHUP');
  await gateway.printed(/generation 2 is live/);
  assert.equal((await get('/other')).status, 429);
  const [pid] = await gateway.acceptorPids();
  process.kill(pid, 'SIGKILL');
  await gateway.printed(/another takes its place/);
  assert.equal((await get('/other')).status, 429);
});

it('clients are told apart by a header; those without it by their address', async (t) => {
  const { get } = await gatewayWith(t, { limited: [{ rateLimit: { limit: '1/h', by: { header: 'X-Key' } } }] });
  const statuses = [];
  for (const headers of [['X-Key: a'], ['X-Key: a'], ['x-key: b'], [], []]) {
    statuses.push((await get('/limited', ...headers)).status);
  }
  assert.deepEqual(statuses, [200, 429, 200, 200, 429]);
});

it('a dry run refuses nothing, says nothing and counts', async (t) => {
  const { gateway, get } = await gatewayWith(t, { trial: [{ rateLimit: { limit: '1/h', dryRun: true } }] });
  for (let i = 0; i < 3; i++) {
    const response = await get('/trial');
    assert.deepEqual([response.status, response.header('ratelimit')], [200, undefined]);
  }
  assert.equal(await metric(gateway, /^penstock_rate_limit_dry_run_total\{route="trial"\} (\d+)$/m), '2');
  assert.equal(await metric(gateway, /^penstock_rate_limit_evictions_total (\d+)$/m), '0');
});

it('with a delay a request waits for its token, and is refused when that would take too long', async (t) => {
  const limit = { limit: '2/s', burst: 1, delay: { upTo: '600ms' } };
  const { gateway } = await gatewayWith(t, { slow: [{ rateLimit: limit }] });
  const clients = await Promise.all([0, 1, 2].map(() => rawClient(t, gateway.portOf('public'))));
  const order: string[] = [];
  const answers = clients.map(async (client, index) => {
    const response = await client.exchange(head('GET /slow HTTP/1.1', 'Host: h'));
    order.push(`${response.status}`);
    return { index, response };
  });
  const responses = (await Promise.all(answers)).map(({ response }) => response);
  assert.deepEqual(responses.map(({ status }) => status).sort(), [200, 200, 429]);
  assert.equal(order.at(-1), '200', 'who waits is answered after who is refused');
  assert.equal(responses.find(({ status }) => status === 429)!.header('retry-after'), '1');
});

it('of several windows each must admit, and the tightest is reported', async (t) => {
  const windows = [{ limit: '100/s' }, { limit: '2/h' }];
  const { get } = await gatewayWith(t, { both: [{ rateLimit: { windows } }] });
  const first = await get('/both');
  assert.equal(first.header('ratelimit-policy'), '"per-1s";q=100;w=1, "per-1h";q=2;w=3600');
  assert.equal(first.header('ratelimit'), '"per-1h";r=1;t=1800');
  await get('/both');
  assert.equal((await get('/both')).status, 429);
});

it('no more than the limit are in flight over two acceptors, and a place given back is taken', async (t) => {
  const { gateway, origin, get } = await gatewayWith(t, { few: [{ concurrency: { limit: 2 } }] }, 2);
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  origin.answer('slow', async (response) => {
    await released;
    response.end('ok');
  });
  const slow = () => get('/few', 'x-test-answer: slow');
  const first = slow();
  const second = slow();
  while (origin.requestsFor('slow').length < 2)
    await origin.request(({ state }) => state === 'open').then(() => gateway.status());
  for (let i = 0; i < 6; i++) {
    const refused = await slow();
    assert.equal(refused.status, 503);
    assert.equal(refused.header('penstock-error'), 'concurrency_exceeded');
    assert.equal(refused.header('retry-after'), '1');
  }
  release();
  assert.deepEqual([(await first).status, (await second).status], [200, 200]);
  assert.equal((await get('/few')).status, 200);
  assert.equal(origin.requestsFor('slow').length, 2);
});

it('what a killed acceptor had in flight is given back', async (t) => {
  const { gateway, origin, get } = await gatewayWith(t, { few: [{ concurrency: { limit: 1 } }] });
  origin.answer('never', () => new Promise(() => {}));
  const cutOff = get('/few', 'x-test-answer: never').catch(() => 'cut off');
  await origin.request(({ answer }) => answer === 'never');
  assert.equal((await get('/few')).status, 503);
  const [pid] = await gateway.acceptorPids();
  process.kill(pid, 'SIGKILL');
  assert.equal(await cutOff, 'cut off');
  await gateway.printed(/another takes its place/);
  assert.equal((await get('/few')).status, 200);
});

it('who waits is served in order; who leaves, finds no room or waits too long is not', async (t) => {
  const queue = { size: 2, timeout: '20s' };
  const { gateway, origin } = await gatewayWith(t, {
    line: [{ concurrency: { limit: 1, queue } }],
    hasty: [{ concurrency: { limit: 1, queue: { size: 1, timeout: '50ms' } } }],
  });
  const releases: (() => void)[] = [];
  origin.answer('held', async (response) => {
    await new Promise<void>((resolve) => releases.push(resolve));
    response.end('ok');
  });
  const client = () => rawClient(t, gateway.portOf('public'));
  const request = (path: string, name: string) =>
    head(`GET ${path} HTTP/1.1`, 'Host: h', 'x-test-answer: held', `x-name: ${name}`);
  const arrived = (name: string) => origin.request((seen) => seen.header('x-name') === name);
  /** Sent, and in the acceptor's hands: it has answered what came after on another connection. */
  const sendAndWait = async (path: string, name: string) => {
    const one = await client();
    await one.send(request(path, name));
    await (await client()).exchange(head('GET /nowhere HTTP/1.1', 'Host: h'));
    return one;
  };
  const first = await sendAndWait('/line', 'first');
  await arrived('first');
  const leaver = await sendAndWait('/line', 'leaver');
  const third = await sendAndWait('/line', 'third');
  assert.equal((await (await client()).exchange(request('/line', 'fourth'))).status, 503, 'the queue is full');
  leaver.socket.destroy();
  const fifth = await client();
  // Its place in the queue is free once the acceptor has heard that the leaver has gone.
  for (;;) {
    await fifth.send(request('/line', 'fifth'));
    const probe = await client();
    await probe.exchange(head('GET /nowhere HTTP/1.1', 'Host: h'));
    const refused = await fifth.readResponse('GET', 100).catch(() => null);
    if (refused === null) break;
  }
  releases[0]();
  assert.equal((await first.readResponse()).status, 200);
  await arrived('third');
  releases[1]();
  assert.equal((await third.readResponse()).status, 200);
  await arrived('fifth');
  releases[2]();
  assert.deepEqual(
    origin.requestsFor('held').map((seen) => seen.header('x-name')),
    ['first', 'third', 'fifth'],
  );
  await sendAndWait('/hasty', 'a');
  await arrived('a');
  const late = await (await client()).exchange(request('/hasty', 'b'));
  assert.deepEqual([late.status, late.header('penstock-error')], [503, 'concurrency_exceeded']);
});
