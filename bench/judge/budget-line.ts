/** One figure of one route that must not be exceeded. */
export interface BudgetLine {
  readonly route: string;
  readonly of: 'latency' | 'overhead' | 'errors';
  readonly figure: keyof typeof QUANTILES | 'share';
  /** Microseconds, or a share of 1. */
  readonly limit: number;
  /** `file:line:column`; null: it stands in no file. */
  readonly place: string | null;
  /** Stated for this route, not a default for all. */
  readonly isOwn: boolean;
}

/** The percentiles that budgets name. */
export const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;
