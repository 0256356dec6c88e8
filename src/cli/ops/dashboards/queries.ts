/** Queries that more than one dashboard asks. */
import type { Query } from './dashboard.ts';

const JOB = 'job=~"$job"';

/** A metric of the gateways that the reader has chosen. */
export function of(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${[JOB, ...matchers].join(', ')}}`;
}

/** A counter's increase a second, summed. */
export function rateBy(by: string, selector: string): string {
  return `sum by (${by}) (rate(${selector}[$__rate_interval]))`;
}

/** A quantile of a histogram. @param by labels that stay apart; empty: none */
export function quantile(q: number, metric: string, by: string, ...matchers: readonly string[]): string {
  const labels = by === '' ? 'le' : `le, ${by}`;
  return `histogram_quantile(${q}, sum by (${labels}) (rate(${of(`${metric}_bucket`, ...matchers)}[$__rate_interval])))`;
}

/** The time of the gateway itself and the wait for upstreams, each by its median and its p99: one shows who is slow. */
export function times(metric: string, ...matchers: readonly string[]): Query[] {
  return [0.5, 0.9, 0.99].map((q) => ({ expr: quantile(q, metric, '', ...matchers), legend: `p${q * 100}` }));
}
