/** Rules are held to Prometheus itself: that it takes them, and that they fire when they must and only then. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promtool, WITHOUT_PROMTOOL } from '../../../support/promtool.ts';
import { repositoryRoot } from '../../../support/repository-root.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { BUDGETED, ODD_NAME, packOf } from './a-pack.ts';

const DAY = 86_400;

function writePack(folder: string, pack: ReadonlyMap<string, string>): string[] {
  const rules = [...pack].filter(([path]) => path.startsWith('prometheus/'));
  return rules.map(([path, text]) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  });
}

describe('the rules', { skip: WITHOUT_PROMTOOL }, () => {
  for (const [which, text] of [
    ['a config with budgets of every kind', BUDGETED],
    ['the shipped config', readFileSync(join(repositoryRoot, 'config/penstock.yaml'), 'utf8')],
    ['a config without routes and budgets', 'version: 1\nlisteners: [{ name: public, address: "127.0.0.1:0" }]\n'],
  ] as const) {
    it(`of ${which} are taken by Prometheus`, (t) => {
      const { ok, text: said } = promtool('check', 'rules', ...writePack(tempDir(t), packOf(text, 'edge "1"')));
      assert.ok(ok, said);
      assert.doesNotMatch(said, /duplicate/);
    });
  }
});

interface Scenario {
  /** Values by series, in promtool's notation; a sample a minute. */
  readonly series: Readonly<Record<string, string>>;
  /** In minutes: late enough for a rule that sees what another recorded an evaluation ago, since groups have no order. */
  readonly at: number;
  /** What fires then, and nothing else: `name severity`. */
  readonly fires: readonly string[];
  /** Another query, and its value then. */
  readonly also?: readonly [expr: string, value: number];
}

/** A gateway that is well: what scenarios add to, or change. */
const WELL: Readonly<Record<string, string>> = {
  'up{job="penstock", instance="a"}': '1x90',
  'penstock_build_info{job="penstock", instance="a"}': '1x90',
  'penstock_config_published_generation{job="penstock", instance="a"}': '3x90',
  'penstock_config_generation{job="penstock", instance="a", acceptor="0"}': '3x90',
  'penstock_config_drift{job="penstock", instance="a"}': '0x90',
  'penstock_levers{job="penstock", instance="a"}': '0x90',
  'penstock_canary{job="penstock", instance="a"}': '0x90',
  'penstock_config_reloads_total{job="penstock", instance="a", result="refused"}': '0x90',
  'penstock_acceptor_restarts_total{job="penstock", instance="a"}': '2x90',
  'penstock_access_log_dropped_total{job="penstock", instance="a"}': '0x90',
  'penstock_endpoint_up{job="penstock", instance="a", upstream="shop", endpoint="one"}': '1x90',
  'penstock_endpoint_up{job="penstock", instance="a", upstream="shop", endpoint="two"}': '1x90',
  'penstock_endpoint_ejected{job="penstock", instance="a", upstream="shop", endpoint="one"}': '0x90',
  'penstock_endpoint_ejected{job="penstock", instance="a", upstream="shop", endpoint="two"}': '0x90',
  ...requests('catalog', '2xx', '0+6000x90'),
  'penstock_certificate_not_after_seconds{job="penstock", instance="a", listener="public", subject="CN=a"}': `${40 * DAY}x90`,
};

function requests(route: string, statusClass: string, values: string): Record<string, string> {
  const name = route.replace(/["\\]/g, '\\$&');
  return {
    [`penstock_requests_total{job="penstock", instance="a", route="${name}", status_class="${statusClass}"}`]: values,
  };
}

function errors(code: string, values: string, route = 'catalog'): Record<string, string> {
  return { [`penstock_gateway_errors_total{job="penstock", instance="a", route="${route}", code="${code}"}`]: values };
}

/** A histogram of which so many of 100 requests a minute are within the bound. */
function times(metric: string, le: string, within: number): Record<string, string> {
  const labels = 'job="penstock", instance="a", route="catalog"';
  return {
    [`${metric}_count{${labels}}`]: '0+6000x90',
    [`${metric}_bucket{${labels}, le="${le}"}`]: `0+${within * 60}x90`,
  };
}

const seen = (metric: string, more = ''): string => `${metric}{job="penstock", instance="a"${more}}`;
const BURNS = [
  'PenstockErrorBudgetBurn page',
  'PenstockErrorBudgetBurn page',
  'PenstockErrorBudgetBurn ticket',
  'PenstockErrorBudgetBurn ticket',
];

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'nothing when all is well': { series: {}, at: 40, fires: [] },
  'nothing for failures within the budget': {
    series: requests('catalog', '5xx', '0+3x90'),
    at: 40,
    fires: [],
    also: ['round(sum(penstock:route_error_budget:left{route="catalog"}), 0.01)', 0.5],
  },
  'for a budget of errors that burns, in all windows': {
    series: requests('catalog', '5xx', '0+300x90'),
    at: 40,
    fires: BURNS,
  },
  'tickets alone once the failures are over': {
    series: requests('catalog', '5xx', '0+300x10 3000x80'),
    at: 45,
    fires: BURNS.slice(2),
  },
  'nothing where the route has a larger budget of its own': {
    series: { ...requests(ODD_NAME, '2xx', '0+6000x90'), ...requests(ODD_NAME, '5xx', '0+240x90') },
    at: 40,
    fires: [],
  },
  'for the first failures where the budget allows for none': {
    series: { ...requests('strict', '2xx', '0+6000x90'), ...requests('strict', '5xx', '0+1x90') },
    at: 40,
    fires: ['PenstockErrorBudgetBurn page'],
  },
  'nothing for a few failures of few requests': {
    series: { ...requests('few', '2xx', '0+1x60 60x30'), ...requests('few', '5xx', '0x5 1x30 2x60') },
    at: 60,
    fires: [],
  },
  'for waits beyond the bucket of a latency budget': {
    series: {
      ...times('penstock_upstream_seconds', '0.032768', 50),
      ...times('penstock_gateway_seconds', '0.032768', 100),
    },
    at: 40,
    fires: [
      'PenstockLatencyBudgetBurn page',
      'PenstockLatencyBudgetBurn page',
      'PenstockLatencyBudgetBurn ticket',
      'PenstockLatencyBudgetBurn ticket',
    ],
  },
  'nothing for waits within it': {
    series: {
      ...times('penstock_upstream_seconds', '0.032768', 99.5),
      ...times('penstock_gateway_seconds', '0.008192', 99.5),
    },
    at: 40,
    fires: [],
  },
  'for a gateway that takes long itself': {
    series: times('penstock_gateway_seconds', '0.008192', 93),
    at: 40,
    fires: [
      'PenstockOverheadBudgetBurn page',
      'PenstockOverheadBudgetBurn ticket',
      'PenstockOverheadBudgetBurn ticket',
    ],
  },
  'for a certificate that expires in ten days, a ticket': {
    series: {
      [seen('penstock_certificate_not_after_seconds', ', listener="public", subject="CN=a"')]: `${10 * DAY}x90`,
    },
    at: 25,
    fires: ['PenstockCertificateExpires ticket'],
  },
  'for one that expires in two days, a page': {
    series: {
      [seen('penstock_certificate_not_after_seconds', ', listener="public", subject="CN=a"')]: `${2 * DAY}x90`,
    },
    at: 25,
    fires: ['PenstockCertificateExpires ticket', 'PenstockCertificateExpiresNow page'],
  },
  'for an upstream without a healthy endpoint': {
    series: {
      [seen('penstock_endpoint_up', ', upstream="shop", endpoint="one"')]: '1x10 0x80',
      [seen('penstock_endpoint_ejected', ', upstream="shop", endpoint="two"')]: '0x10 1x80',
    },
    at: 25,
    fires: ['PenstockEndpointDown ticket', 'PenstockUpstreamDown page'],
  },
  'for an error that many requests end with': {
    series: { ...requests('-', '2xx', '0+60x90'), ...errors('upstream_connect_failed', '0+600x90') },
    at: 25,
    fires: ['PenstockAnswers502 page'],
  },
  'nothing for a route that is switched off': { series: errors('route_disabled', '0+6000x90'), at: 25, fires: [] },
  'for clients that are turned away all at once, and not for those who always are': {
    series: {
      ...requests('always', '4xx', '0+6000x90'),
      ...errors('credentials_missing', '0+6000x90', 'always'),
      ...errors('token_key_unknown', '0x70 0+3000x20'),
    },
    at: 85,
    fires: ['PenstockMassUnauthorized page'],
  },
  'for limits that suddenly refuse': {
    series: errors('rate_limited', '0x70 0+3000x20'),
    at: 85,
    fires: ['PenstockLimitSurge ticket'],
  },
  'for a loop': { series: errors('loop_detected', '0+10x90'), at: 25, fires: ['PenstockRoutingLoop page'] },
  'for what is wrong with the configuration': {
    series: {
      [seen('penstock_config_reloads_total', ', result="refused"')]: '0x80 1x10',
      [seen('penstock_config_drift')]: '1x90',
      [seen('penstock_config_generation', ', acceptor="0"')]: '2x90',
    },
    at: 85,
    fires: ['PenstockConfigDrift ticket', 'PenstockConfigRefused ticket', 'PenstockGenerationStuck page'],
  },
  'nothing for another generation during a canary': {
    series: { [seen('penstock_config_generation', ', acceptor="0"')]: '4x90', [seen('penstock_canary')]: '1x90' },
    at: 25,
    fires: [],
  },
  'for acceptors that die, and for lines that are lost': {
    series: {
      [seen('penstock_acceptor_restarts_total')]: '0x80 1+1x10',
      [seen('penstock_access_log_dropped_total')]: '0x80 0+100x10',
    },
    at: 90,
    fires: ['PenstockAcceptorRestarted ticket', 'PenstockAcceptorsKeepDying page', 'PenstockLogLinesDropped ticket'],
  },
  'for a gateway that is gone': {
    series: { [seen('up')]: '1x10 0x80', [seen('penstock_build_info')]: '1x10 stale' },
    at: 25,
    fires: ['PenstockAbsent page', 'PenstockDown page'],
  },
  'for a gateway without an acceptor': {
    series: { [seen('penstock_config_generation', ', acceptor="0"')]: '3x10 stale' },
    at: 25,
    fires: ['PenstockNoAcceptor page'],
  },
};

/** A test for each scenario; promtool compares all that fires with what is expected, in one run. */
function testFile(rules: readonly string[], scenarios: readonly (readonly [string, Scenario])[]): string {
  const tests = scenarios.map(([name, { series, at, fires, also }]) => ({
    name,
    interval: '1m',
    input_series: Object.entries({ ...WELL, ...series }).map(([key, values]) => ({ series: key, values })),
    promql_expr_test: [
      {
        expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
        eval_time: `${at}m`,
        exp_samples: [...new Set(fires)].map((fired) => {
          const [alertname, severity] = fired.split(' ');
          const labels = `{alertname="${alertname}", severity="${severity}"}`;
          return { labels, value: fires.filter((other) => other === fired).length };
        }),
      },
      ...(also === undefined
        ? []
        : [{ expr: also[0], eval_time: `${at}m`, exp_samples: [{ labels: '{}', value: also[1] }] }]),
    ],
  }));
  return JSON.stringify({ rule_files: rules, evaluation_interval: '5m', tests });
}

describe('alerts fire', { skip: WITHOUT_PROMTOOL }, () => {
  // All in one process: each would take a third of a second to begin with. A failure names its scenario.
  it(`rightly in ${Object.keys(SCENARIOS).length} scenarios`, (t) => {
    const folder = tempDir(t);
    const rules = writePack(folder, packOf(BUDGETED));
    writeFileSync(join(folder, 'test.yaml'), testFile(rules, Object.entries(SCENARIOS)));
    const { ok, text } = promtool('test', 'rules', join(folder, 'test.yaml'));
    assert.ok(ok, text);
  });
});
