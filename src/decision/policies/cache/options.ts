import type { QueryRules } from './cache-key.ts';
import type { FreshnessRules } from './freshness.ts';
import type { StaleRules } from './judge.ts';

/** Times are in milliseconds. */
export interface CacheOptions extends FreshnessRules, QueryRules, StaleRules {
  readonly methods: readonly ('GET' | 'HEAD')[];
  readonly statuses: readonly number[];
  /** One entry for all consumers. */
  readonly shared: boolean;
  /** Lower-case names of headers that tell responses apart whatever Vary says. */
  readonly vary: readonly string[];
  /** Lower-case name of the response header that holds surrogate keys. */
  readonly surrogateKeys: string;
  readonly maxBodyBytes: number;
  /** Whether clients are sent Cache-Status. */
  readonly status: boolean;
}
