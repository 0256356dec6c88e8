import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { problem } from '../../../src/errors/problem.ts';
import { ERROR_CODES, ERRORS, errorNumber } from '../../../src/errors/table.ts';
import { MetricsPage } from '../../../src/telemetry/prometheus.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { aMetricsSource } from '../telemetry/a-metrics-source.ts';
import { anExchange } from '../telemetry/an-exchange.ts';
import { parseExposition } from '../telemetry/exposition.ts';

describe('the error table', () => {
  it('has for every code a status of its class, and says to clients what is to be said in a sentence', () => {
    for (const code of ERROR_CODES) {
      const { status, source, detail } = ERRORS[code];
      assert.match(code, /^[a-z]+(_[a-z]+)+$/);
      if (source === 'upstream') assert.ok([502, 503, 504].includes(status), code);
      if (source === 'internal') assert.ok(status >= 500, code);
      assert.match(detail, /^[A-Z].*\.$/, code);
      const { body } = problem(code, 'id-1');
      assert.deepEqual(JSON.parse(body).code, code);
    }
  });

  it('is what the metrics are labelled with, code by code', async () => {
    const { source, writers } = aMetricsSource([]);
    for (const [index, error] of ERROR_CODES.entries()) {
      assert.equal(errorNumber(error), index);
      for (let i = 0; i <= index; i++) writers[i % 2]!.record(anExchange({ error, route: null, upstream: null }));
    }
    const page = await new MetricsPage(source).render();
    const counted = parseExposition(page)
      .filter(({ name, labels }) => name === 'penstock_gateway_errors_total' && labels['route'] === '-')
      .map(({ labels, value }) => [labels['code'], value]);
    assert.deepEqual(
      counted,
      ERROR_CODES.map((code, index) => [code, index + 1]),
    );
  });

  it('is what the documentation lists, code by code', () => {
    const text = readFileSync(join(repositoryRoot, 'docs/errors.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([a-z_]+)` +\| (\d+) +\| (\w+) +\| ([\w-]+) +\| (.*?) +\|$/gm)].map(
      ([, ...cells]) => cells,
    );
    assert.deepEqual(
      rows,
      ERROR_CODES.map((code) => {
        const { status, source, retry, detail } = ERRORS[code];
        return [code, String(status), source, retry, detail];
      }),
    );
  });

  it('has no code that nothing in the gateway can make', () => {
    const texts = readdirSync(join(repositoryRoot, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && path !== 'errors/table.ts')
      .map((path) => readFileSync(join(repositoryRoot, 'src', path), 'utf8'));
    const unused = ERROR_CODES.filter((code) => !texts.some((text) => text.includes(`'${code}'`)));
    assert.deepEqual(unused, []);
  });
});
