import type { Millis } from '../../brand.ts';
import type { Decision } from '../decision.ts';
import { claimAt } from './authorize.ts';
import { calendarWindow, type QuotaPeriod } from './calendar-window.ts';
import { QUOTA } from './host.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

/** Whose requests count together. */
export type QuotaBy = 'consumer' | 'ip' | 'route' | { readonly header: string } | { readonly claim: string };

export interface QuotaOptions {
  /** Requests in one period. */
  readonly limit: number;
  readonly per: QuotaPeriod;
  readonly by: QuotaBy;
  /** What becomes of requests while the store cannot be used. */
  readonly onFailure: 'refuse' | 'allow';
  /** Whether responses say how much is left. */
  readonly headers: boolean;
}

/** How many requests in an hour, day, week or month of the UTC calendar; kept over restarts of the gateway. */
export const quota: PolicyDefinition<QuotaOptions> = {
  name: 'quota',
  phase: 'limits',
  needs: [],
  create({ limit, per, by, onFailure, headers }, { scope, clock, quotas }) {
    const whose = subjectOf(by);
    const prefix = `${scope} per ${per} by ${typeof by === 'string' ? by : JSON.stringify(by)}: `;
    let window = calendarWindow(per, clock.wall());
    let policyHeader = '';
    const turnTo = (now: Millis): void => {
      window = calendarWindow(per, now);
      policyHeader = `"${per}";q=${limit};w=${(window.end - window.start) / 1000}`;
    };
    turnTo(clock.wall());
    return {
      onRequest(decision) {
        const now = clock.wall();
        if (now < window.start || now >= window.end) turnTo(now);
        const left = quotas.take(prefix + whose(decision), limit, window.end, now);
        if (left === QUOTA.UNAVAILABLE) {
          decision.trace?.note('the store of quotas cannot be used');
          return onFailure === 'allow' ? PASS : decision.refuse('quota_unavailable');
        }
        const seconds = Math.ceil((window.end - now) / 1000);
        if (headers) {
          decision.responseHeaders.add('ratelimit-policy', policyHeader);
          decision.responseHeaders.add('ratelimit', `"${per}";r=${Math.max(0, left)};t=${seconds}`);
        }
        if (left !== QUOTA.EXCEEDED) return PASS;
        decision.trace?.note(`all ${limit} of this ${per} are used up`);
        return decision.refuse('quota_exceeded', ['retry-after', `${seconds}`]);
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

/** Requests without what is counted by share one counter: leaving it out opens nothing. */
export function subjectOf(by: QuotaBy): (decision: Decision) => string {
  if (by === 'route') return () => '';
  if (by === 'ip') return ({ request }) => `=${request.clientIp}`;
  if (by === 'consumer') return ({ consumer }) => (consumer === null ? '' : `=${consumer.name}`);
  if ('header' in by) {
    return ({ request }) => {
      const value = request.header(by.header);
      return value === null ? '' : `=${value}`;
    };
  }
  return ({ claims }) => {
    const value = claims === null ? undefined : claimAt(claims, by.claim);
    return value === undefined ? '' : `=${JSON.stringify(value)}`;
  };
}
