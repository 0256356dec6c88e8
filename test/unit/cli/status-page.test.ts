import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { quantilesBetween, trafficBetween } from '../../../src/cli/status/interval.ts';
import { formatStatus } from '../../../src/cli/status-page.ts';
import type { Status } from '../../../src/supervisor/admin/status.ts';
import { aStatus } from '../supervisor/admin/a-status.ts';

const NOW = { nowMs: Date.parse('2026-11-21T11:02:05Z') };
const WIDTH = 80;
const good = aStatus();
const at = '2026-11-21T11:00:00.000Z';

const endpoint = {
  upstream: 'catalog',
  endpoint: 'http://10.0.0.6:8080',
  healthy: true,
  ejected: false,
  circuit: 'closed',
  inFlight: 3,
  ejections: 0,
  circuitOpened: 0,
} as const;

/** A gateway in trouble, also with what later versions tell. */
function badStatus(): Status {
  const [first, second] = good.acceptors;
  const lever = {
    id: '3fa92c',
    lever: { kind: 'kill-route', route: 'checkout' },
    who: 'ann',
    why: 'charges twice',
  } as const;
  return {
    ...aStatus({
      config: {
        ...good.config,
        generation: 8,
        label: '4be1f00',
        publishedBy: { kind: 'api', who: 'ann', why: 'two more origins' },
        lastError: {
          at,
          message: 'gateway.yaml:12:5: there is no upstream catalogue\ngateway.yaml:40:9: unknown key tiemout',
        },
      },
      acceptors: [
        { ...first!, state: 'unresponsive', heartbeatAgeSeconds: 75 },
        { ...second!, generation: 8 },
      ],
      endpoints: [
        { ...endpoint, healthy: false },
        { ...endpoint, endpoint: 'http://10.0.0.8:8080', ejected: true, circuit: 'half-open' },
      ],
      accessLog: { droppedLines: 120_345 },
    }),
    ...{ levers: [{ ...lever, at, until: '2026-11-21T11:28:00.000Z' }] },
  };
}

describe('the page of a gateway that is well', () => {
  const page = formatStatus(
    aStatus({
      acceptorRestarts: 0,
      acceptors: good.acceptors.map((acceptor) => ({ ...acceptor, restarts: 0 })),
      upstreams: [{ ...good.upstreams[0]!, waitingExchanges: 0 }],
      endpoints: [endpoint],
    }),
    NOW,
  );

  it('says so, and then what runs and what it does', () => {
    assert.equal(
      page,
      `READY: 2 of 2 acceptors serve generation 7.
120k requests, <0.01% answered 5xx, 9 requests without a route since the start
penstock 0.1.0, instance edge-1, up 1h 2m

Nothing is wrong that the gateway knows of.

CONFIG
generation 7, snapshot 0123456789ab
from /etc/penstock/penstock.yaml
published 2026-11-21 10:30:00Z, 32m ago

ACCEPTORS
slot   pid  state    heartbeat  generation  connections  in flight  restarts
   0  4711  serving   0.4s ago           7          120          3         0
   1  4712  serving   0.4s ago           7          118          3         0

ROUTES since the start (gw: in the gateway, up: at upstreams)
route         requests     5xx  errors  gw p50    p99  up p50    p99
catalog-read      120k  <0.01%  <0.01%    41us  190us   3.4ms  1.25s

UPSTREAMS since the start
upstream  requests     5xx    p50  p99   endpoints  connections  waiting
catalog       120k  <0.01%  3.4ms    -  1 of 1 fit           14        0
`,
    );
  });
});

describe('the page of a gateway in trouble', () => {
  const page = formatStatus(badStatus(), NOW);

  it('begins with what is wrong, the worst first', () => {
    assert.equal(
      page.slice(page.indexOf('WRONG NOW'), page.indexOf('ACCEPTORS')),
      `WRONG NOW
!! the newest configuration was refused 2m ago; the last good one goes on
     gateway.yaml:12:5: there is no upstream catalogue
     gateway.yaml:40:9: unknown key tiemout
!! acceptor 0 (pid 4711) does not respond: no heartbeat for 1m
!! upstream catalog: none of its 2 endpoints is fit for requests
 ! lever 3fa92c: route checkout is switched off, ends in 25m, by ann: charges
   twice
 ! 2 acceptors died and were replaced since the start
 ! endpoint http://10.0.0.6:8080 of catalog: UNHEALTHY
 ! endpoint http://10.0.0.8:8080 of catalog: EJECTED, circuit HALF-OPEN
 ! upstream catalog: 5 requests waiting for a connection
 ! 120k access-log lines lost since the start

CONFIG
generation 8, snapshot 0123456789ab, label 4be1f00
from /etc/penstock/penstock.yaml
published 2026-11-21 10:30:00Z, 32m ago by ann: two more origins

`,
    );
  });

  it('tells of certificates and key sets that need somebody, and of no others', () => {
    const certificate = {
      listener: 'public',
      upstream: null,
      use: 'server',
      hosts: ['a.example'],
      subject: 'CN=a.example',
      file: '/certs/a.pem',
      fingerprint: 'ab',
      notBefore: at,
      notAfter: at,
      daysLeft: 80,
      expiresSoon: false,
      lastError: null,
    } as const;
    const set = {
      url: 'https://issuer.example/keys',
      keys: 2,
      fetchedAt: at,
      isStale: false,
      skipped: [],
      lastError: null,
    };
    const failed = { isStale: true, lastError: { at, message: 'is not JSON' } };
    const found = formatStatus(
      aStatus({
        certificates: [
          certificate,
          { ...certificate, subject: 'CN=soon', daysLeft: 9, expiresSoon: true },
          { ...certificate, subject: 'CN=gone', daysLeft: -1, expiresSoon: true, listener: null, upstream: 'catalog' },
        ],
        keySets: [
          set,
          { ...set, ...failed, url: 'https://b/keys' },
          { ...set, ...failed, keys: null, url: 'https://c/keys' },
        ],
      }),
      { ...NOW, width: 200 },
    );
    assert.match(found, /^!! certificate CN=gone of upstream catalog \(\/certs\/a\.pem\) has EXPIRED$/m);
    assert.match(found, /^ ! certificate CN=soon of listener public .* expires in 9 days$/m);
    assert.match(found, /^!! key set https:\/\/c\/keys is UNAVAILABLE\n {5}is not JSON$/m);
    assert.match(found, /^ ! key set https:\/\/b\/keys is STALE, fetched 2m ago\n {5}is not JSON$/m);
    assert.doesNotMatch(found, /CN=a\.example|issuer/);
  });

  it('names routes that fail, once there are enough requests to say so', () => {
    const route = (name: string, requests: number, serverErrors: number) => ({
      ...good.routes[0]!,
      name,
      requests,
      serverErrors,
    });
    const found = formatStatus(
      aStatus({ routes: [route('a', 1000, 500), route('b', 1000, 20), route('c', 1000, 1), route('d', 4, 4)] }),
      NOW,
    );
    assert.match(found, /^!! route a: 50% answered 5xx$/m);
    assert.match(found, /^ ! route b: 2% answered 5xx$/m);
    assert.doesNotMatch(found, /! route [cd]/);
  });

  it('colours the words that matter and moves nothing by it', () => {
    const coloured = formatStatus(badStatus(), {
      ...NOW,
      paint: (text, colour) => (colour === null ? text : `<${colour}>${text}</>`),
    });
    assert.match(coloured, /<red>!! acceptor 0/);
    assert.match(coloured, /<red>unresponsive<\/>/);
    assert.equal(coloured.replace(/<\/?\w*>/g, '').replace(/ +$/gm, ''), page);
  });

  it('asks nothing of a gateway of another version but its config and its acceptors', () => {
    const bare = { config: { generation: 7 }, acceptors: good.acceptors };
    assert.match(formatStatus(bare, NOW), /^READY: 2 of 2/);
  });
});

describe('every page', () => {
  it('fits 80 columns, whatever names and figures it has', () => {
    const names = fc.stringMatching(/^[!-~]{1,128}$/);
    const traffic = fc
      .record({
        name: names,
        requests: fc.nat(2 ** 30),
        waitingExchanges: fc.nat(99_999),
        openConnections: fc.nat(99_999),
      })
      .chain((some) =>
        fc
          .record({
            serverErrors: fc.nat(some.requests),
            gatewayErrors: fc.nat(some.requests),
            ms: fc.double({ min: 0, max: 60_000, noNaN: true }),
          })
          .map(({ ms, ...counts }) => ({
            ...some,
            ...counts,
            gatewayMs: { p50: ms, p99: ms },
            upstreamMs: { p50: ms, p99: null },
          })),
      );
    fc.assert(
      fc.property(fc.array(traffic, { maxLength: 4 }), fc.array(traffic, { maxLength: 4 }), (routes, upstreams) => {
        const tables = formatStatus(aStatus({ routes, upstreams }), NOW)
          .split('\n')
          .filter((line) => !/^(?: |!)! /.test(line));
        // Names of upstreams that have requests waiting are told whole, for copying.
        const long = tables.filter((line) => line.length > WIDTH && !/^ {3}\S/.test(line));
        assert.deepEqual(long, []);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what was done between two looks', () => {
  const look = (requests: number, startedAt = good.startedAt) => ({
    status: aStatus({ startedAt, routes: [{ ...good.routes[0]!, requests }] }),
    latencies: null,
    atMs: 0,
  });

  it('is the difference of what was counted', () => {
    const between = trafficBetween(look(100), look(350));
    assert.deepEqual([between?.routes[0]?.requests, between?.routes[0]?.serverErrors], [250, 0]);
  });

  it('is not known across a restart', () =>
    assert.equal(trafficBetween(look(100), look(5, '2026-11-21T11:00:00.000Z')), null));

  it('has the percentiles of what came in between alone', () => {
    const before = [[100, 1000]] as const;
    const after = [
      [100, 1000],
      [5000, 98],
      [90_000, 2],
    ] as const;
    assert.deepEqual(quantilesBetween(before, after), { p50: 5, p99: 90 });
    assert.deepEqual(quantilesBetween(after, after), { p50: null, p99: null });
  });
});
