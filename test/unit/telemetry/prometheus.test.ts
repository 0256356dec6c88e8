import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Millis, SeriesId } from '../../../src/brand.ts';
import type { SeriesName } from '../../../src/config/series.ts';
import { ERROR_CODES } from '../../../src/errors/table.ts';
import type {} from '../../../src/telemetry/metrics-source.ts';
import { MetricsPage } from '../../../src/telemetry/prometheus.ts';
import { traffic } from '../../../src/telemetry/traffic.ts';
import { aMetricsSource } from './a-metrics-source.ts';
import { anExchange } from './an-exchange.ts';
import { type Line, parseExposition } from './exposition.ts';

const ODD_NAME = 'a "quoted" \\ name\nin two lines';
const NAMES: readonly SeriesName[] = [
  { kind: 'route', name: 'catalog-read' },
  { kind: 'upstream', name: 'catalog' },
  { kind: 'route', name: ODD_NAME },
  { kind: 'route', name: 'never-used' },
];
const route = (series: number) => ({ name: 'any', series: series as SeriesId });

function sampleValue(lines: readonly Line[], name: string, labels: Record<string, string> = {}): number | undefined {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  return lines.find((line) => line.name === name && JSON.stringify(Object.entries(line.labels).sort()) === wanted)
    ?.value;
}

async function aPage(): Promise<{ text: string; lines: Line[] }> {
  const { source, writers } = aMetricsSource(NAMES);
  for (const writer of writers) writer.record(anExchange({ dryRunRefusals: 1, bytesIn: 10, bytesOut: 100 }));
  writers[0].record(anExchange({ status: 502, error: 'upstream_closed', attempts: 3, upstreamMs: 70_000 as Millis }));
  writers[0].record(anExchange({ route: null, upstream: null, status: 404, error: 'route_not_found' }));
  for (const error of ERROR_CODES) writers[1].record(anExchange({ route: route(2), upstream: null, error }));
  writers[1].setConnections(1 as SeriesId, 5);
  writers[0].setConnections(1 as SeriesId, 4);
  writers[0].setWaiting(1 as SeriesId, 2);
  const text = await new MetricsPage(source).render();
  return { text, lines: parseExposition(text) };
}

describe('the metrics page', () => {
  it('shows what all acceptors counted, by route and by upstream', async () => {
    const { lines } = await aPage();
    const catalog = { route: 'catalog-read' };
    assert.equal(sampleValue(lines, 'penstock_requests_total', { ...catalog, status_class: '2xx' }), 2);
    assert.equal(sampleValue(lines, 'penstock_requests_total', { ...catalog, status_class: '5xx' }), 1);
    assert.equal(sampleValue(lines, 'penstock_requests_total', { route: '-', status_class: '4xx' }), 1);
    assert.equal(sampleValue(lines, 'penstock_request_bytes_total', catalog), 20);
    assert.equal(sampleValue(lines, 'penstock_response_bytes_total', catalog), 712);
    assert.equal(sampleValue(lines, 'penstock_gateway_errors_total', { ...catalog, code: 'upstream_closed' }), 1);
    const upstream = { upstream: 'catalog' };
    assert.equal(sampleValue(lines, 'penstock_upstream_requests_total', { ...upstream, status_class: '2xx' }), 2);
    assert.equal(sampleValue(lines, 'penstock_upstream_errors_total', { ...upstream, code: 'upstream_closed' }), 1);
    assert.equal(sampleValue(lines, 'penstock_upstream_retries_total', upstream), 2);
    assert.equal(sampleValue(lines, 'penstock_upstream_connections', upstream), 9);
    assert.equal(sampleValue(lines, 'penstock_upstream_waiting', upstream), 2);
  });

  it('shows the acceptors, the generations and the process', async () => {
    const { lines } = await aPage();
    assert.equal(sampleValue(lines, 'penstock_connections', { acceptor: '0' }), 12);
    assert.equal(sampleValue(lines, 'penstock_exchanges_in_flight', { acceptor: '0' }), 3);
    assert.equal(sampleValue(lines, 'penstock_config_generation', { acceptor: '1' }), 6);
    assert.equal(sampleValue(lines, 'penstock_config_published_generation'), 7);
    assert.equal(sampleValue(lines, 'penstock_acceptor_restarts_total'), 2);
    assert.equal(sampleValue(lines, 'penstock_access_log_dropped_total'), 41);
    assert.equal(sampleValue(lines, 'penstock_build_info', { version: '0.1.0', node: process.versions.node }), 1);
    assert.ok(sampleValue(lines, 'process_resident_memory_bytes')! > 0);
  });

  it('has histograms whose buckets add up', async () => {
    const { lines } = await aPage();
    const upstreamBuckets = lines.filter(
      ({ name, labels }) => name === 'penstock_upstream_seconds_bucket' && labels['route'] === 'catalog-read',
    );
    const counts = upstreamBuckets.map(({ value }) => value);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
    );
    const at = (le: string) => upstreamBuckets.find(({ labels }) => labels['le'] === le)?.value;
    // Two exchanges waited 3.5 ms, one 70 s.
    assert.equal(at('0.002048'), 0);
    assert.equal(at('0.004096'), 2);
    assert.equal(at('67.108864'), 2);
    assert.equal(at('+Inf'), 3);
    assert.equal(sampleValue(lines, 'penstock_upstream_seconds_count', { route: 'catalog-read' }), 3);
    assert.ok(
      Math.abs(sampleValue(lines, 'penstock_upstream_seconds_sum', { route: 'catalog-read' })! - 70.007) < 1e-9,
    );
  });

  it('names every error of the table by its code, whatever the route is called', async () => {
    const { lines } = await aPage();
    const codes = lines
      .filter(({ name, labels }) => name === 'penstock_gateway_errors_total' && labels['route'] === ODD_NAME)
      .map(({ labels }) => labels['code']);
    assert.deepEqual(codes, ERROR_CODES);
  });

  it('leaves out routes that were never used', async () => {
    const { text } = await aPage();
    assert.ok(!text.includes('never-used'));
  });

  it('reads the counters anew at each scrape, also when two overlap', async () => {
    const { source, writers } = aMetricsSource(NAMES);
    const page = new MetricsPage(source);
    writers[0].record(anExchange());
    const first = page.render();
    writers[0].record(anExchange());
    const second = page.render();
    const counts = [await first, await second].map((text) =>
      sampleValue(parseExposition(text), 'penstock_requests_total', { route: 'catalog-read', status_class: '2xx' }),
    );
    assert.deepEqual(counts, [1, 2]);
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  it('passes promtool', { skip: promtool ? false : 'promtool is not installed' }, async () => {
    const { text } = await aPage();
    const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
});

describe('traffic', () => {
  it('lists the busiest series of a kind first', () => {
    const { source, writers } = aMetricsSource(NAMES);
    writers[0].record(anExchange());
    writers[1].record(anExchange({ route: route(2), gatewayMs: 1 as Millis }));
    writers[1].record(anExchange({ route: route(2), gatewayMs: 1 as Millis, status: 504, error: 'request_timeout' }));
    const routes = traffic(source, 'route', 10);
    assert.deepEqual(
      routes.map(({ name, requests, serverErrors, gatewayErrors }) => [name, requests, serverErrors, gatewayErrors]),
      [
        [ODD_NAME, 2, 1, 1],
        ['catalog-read', 1, 0, 0],
      ],
    );
    assert.ok(Math.abs(routes[0].gatewayMs.p99! - 1) < 0.04);
    assert.deepEqual(
      traffic(source, 'upstream', 10).map(({ name, requests }) => [name, requests]),
      [['catalog', 3]],
    );
    assert.equal(traffic(source, 'route', 1).length, 1);
  });
});
