import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { EndpointRow, Millis, SeriesId } from '../../../src/brand.ts';
import type { CompiledUpstream } from '../../../src/config/compiled.ts';
import type { ActiveHealth } from '../../../src/config/compiled-care.ts';
import { EndpointTable, endpointTableBytes } from '../../../src/shared-memory/endpoint-table.ts';
import { HealthChecks } from '../../../src/supervisor/health/health-checks.ts';
import { Thresholds } from '../../../src/supervisor/health/thresholds.ts';
import { moodyOrigin } from '../../support/moody-origin.ts';
import { compiledUpstream } from '../acceptor/upstream/scripted-origin.ts';

const ACTIVE: ActiveHealth = {
  path: '/healthz',
  method: 'GET',
  host: null,
  every: 20 as Millis,
  timeout: 2000 as Millis,
  healthyAfter: 1,
  unhealthyAfter: 1,
  expect: [[200, 299]],
};
const portOf = (url: string): number => Number(new URL(url).port);

function checkedUpstream(ports: readonly number[], active: ActiveHealth | null): CompiledUpstream {
  const upstream = compiledUpstream(ports);
  const limits = { inFlight: 0, perEndpoint: 0 };
  return {
    ...upstream,
    series: 0 as SeriesId,
    endpoints: upstream.endpoints.map((endpoint, row) => ({ ...endpoint, row: row as EndpointRow })),
    care: { active, passive: null, whenAllUnhealthy: 'try', circuit: null, limits },
  };
}

/** Checks whose changes can be waited for. */
function start(t: TestContext): { checks: HealthChecks; table: EndpointTable; change: () => Promise<string> } {
  const table = new EndpointTable(new SharedArrayBuffer(endpointTableBytes(300, 2)), 2);
  const told: string[] = [];
  let wake = (): void => {};
  const checks = new HealthChecks(table, (_, endpoint, isHealthy) => {
    told.push(`${endpoint} ${isHealthy}`);
    wake();
  });
  t.after(() => checks.stop());
  const change = async (): Promise<string> => {
    while (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return told.shift()!;
  };
  return { checks, table, change };
}

describe('health checks', () => {
  it('go on over a reload that changes nothing of them, and forget nothing of what they know', async (t) => {
    const origin = await moodyOrigin(t, 'origin');
    const { checks, table, change } = start(t);
    const upstream = checkedUpstream([portOf(origin.url)], { ...ACTIVE, unhealthyAfter: 2, healthyAfter: 1000 });
    origin.healthMood = 500;
    checks.update([upstream]);
    assert.equal(table.get(0 as EndpointRow, 'UNHEALTHY'), 0, 'healthy until proven otherwise');
    assert.equal(await change(), `${origin.url} false`);
    checks.update([{ ...upstream, endpoints: upstream.endpoints.map((one) => ({ ...one, weight: 7 })) }]);
    checks.update([checkedUpstream([portOf(origin.url)], { ...ACTIVE, healthyAfter: 2 })]);
    assert.equal(table.get(0 as EndpointRow, 'UNHEALTHY'), 1, 'other rules, the same endpoint');
    origin.healthMood = 200;
    assert.equal(await change(), `${origin.url} true`);
    origin.healthMood = 500;
    assert.equal(await change(), `${origin.url} false`);
    checks.update([checkedUpstream([portOf(origin.url)], null)]);
    assert.equal(table.get(0 as EndpointRow, 'UNHEALTHY'), 0, 'not checked any more');
    const asked = origin.checks;
    checks.update([]);
    assert.equal(origin.checks, asked);
  });

  it('are no more than 64 at one time', async (t) => {
    const origin = await moodyOrigin(t, 'origin');
    origin.healthMood = 'hang';
    const { checks } = start(t);
    const many = checkedUpstream(Array(300).fill(portOf(origin.url)), { ...ACTIVE, timeout: 60_000 as Millis });
    checks.update([{ ...many, endpoints: many.endpoints.map((one, index) => ({ ...one, name: `${index}` })) }]);
    await origin.holds(64);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(origin.held, 64);
    origin.release();
    await origin.holds(64);
  });
});

describe('the thresholds of a check', () => {
  it('change only after as many results in a row as they say', () => {
    const someResults = fc.array(fc.boolean(), { maxLength: 60 });
    const someCount = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(someCount, someCount, fc.boolean(), someResults, (healthyAfter, unhealthyAfter, first, results) => {
        const thresholds = new Thresholds({ healthyAfter, unhealthyAfter }, first);
        for (const [at, isGood] of results.entries()) {
          const before = thresholds.isHealthy;
          const needed = before ? unhealthyAfter : healthyAfter;
          const changed = thresholds.add(isGood);
          const run = results.slice(Math.max(0, at + 1 - needed), at + 1);
          if (changed) assert.ok(run.length === needed && run.every((one) => one === !before));
          assert.equal(thresholds.isHealthy, changed ? !before : before);
        }
      }),
    );
  });
});
