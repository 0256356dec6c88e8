import type { Decision } from '../../decision/decision.ts';
import type { ConcurrencyOptions } from '../../decision/policies/concurrency.ts';
import { BY_ADDRESS, keyBy, type LimitBy } from '../../decision/policies/limit-key.ts';
import { type QuotaBy, type QuotaOptions, subjectOf } from '../../decision/policies/quota.ts';
import type { RateLimitOptions } from '../../decision/policies/rate-limit.ts';
import { Masking } from '../dry-gateway/masking.ts';

/** A limit of a config, as a back-test looks at it. */
export interface LimitKind {
  readonly policy: 'rateLimit' | 'quota' | 'concurrency';
  /** As the config would say it: `100/60s`, `5 at a time`. */
  readonly limit: string;
  /** `consumer`, `header x-team`. */
  readonly by: string;
  /** Lengths in milliseconds of which peaks are wanted: an hour at most, since all moments of one are kept. */
  readonly windows: readonly number[];
  keyOf(decision: Decision): string;
  /** A key as people may see it. */
  show(key: string): string;
}

/** The default of `ipv6Prefix`. */
const USUAL_IPV6_PREFIX = 64;
const HOUR_MS = 3_600_000;
const NO_CONSUMER = ' (by address)';

/** Null for a policy that limits nothing. */
export function limitKind(policy: string, options: unknown): LimitKind | null {
  if (policy === 'rateLimit') return rateLimitKind(options as RateLimitOptions);
  if (policy === 'concurrency') return concurrencyKind(options as ConcurrencyOptions);
  if (policy === 'quota') return quotaKind(options as QuotaOptions);
  return null;
}

function rateLimitKind({ windows, by, ipv6Prefix, dryRun }: RateLimitOptions): LimitKind {
  const texts = windows.map(({ requests, per, burst }) => {
    const rate = `${requests}/${lengthOf(per)}`;
    return burst === requests ? rate : `${rate} burst ${burst}`;
  });
  return {
    policy: 'rateLimit',
    limit: `${texts.join(' and ')}${dryRun ? ' (dry run)' : ''}`,
    windows: windows.map(({ per }) => per).filter((per) => per <= HOUR_MS),
    keyOf: keyBy(by, ipv6Prefix),
    ...shownBy(by),
  };
}

function concurrencyKind({ limit, by, ipv6Prefix, queue }: ConcurrencyOptions): LimitKind {
  const waiting = queue.size === 0 ? '' : `, ${queue.size} waiting`;
  return {
    policy: 'concurrency',
    limit: `${limit} at a time${waiting}`,
    windows: [],
    keyOf: keyBy(by, ipv6Prefix),
    ...shownBy(by),
  };
}

function quotaKind({ limit, per, by }: QuotaOptions): LimitKind {
  return {
    policy: 'quota',
    limit: `${limit} a ${per}`,
    windows: per === 'hour' ? [HOUR_MS] : [],
    keyOf: subjectOf(by),
    ...shownBy(limitByOf(by)),
  };
}

function limitByOf(by: QuotaBy): LimitBy {
  if (typeof by === 'string') return { kind: by };
  return 'header' in by ? { kind: 'header', name: by.header } : { kind: 'claim', name: by.claim };
}

function shownBy(by: LimitBy): Pick<LimitKind, 'by' | 'show'> {
  const masking = new Masking();
  const isHeader = by.kind === 'header';
  return {
    by: isHeader || by.kind === 'claim' ? `${by.kind} ${by.name}` : by.kind,
    show(key) {
      // Quotas have a mark of their own before what is counted by.
      const text = key.startsWith('=') ? key.slice(1) : key;
      return isHeader && !text.startsWith(BY_ADDRESS) ? masking.header(by.name, text) : shownKey(text);
    },
  };
}

/** Keys as limits without settings of their own count them. */
export const USUAL_KEYS = {
  consumer: keyBy({ kind: 'consumer' }, USUAL_IPV6_PREFIX),
  ip: keyBy({ kind: 'ip' }, USUAL_IPV6_PREFIX),
  route: keyBy({ kind: 'route' }, USUAL_IPV6_PREFIX),
} as const;

/** A key by consumer or address, to be read. */
export function shownKey(key: string): string {
  const isInstead = key.startsWith(BY_ADDRESS);
  const text = isInstead ? key.slice(BY_ADDRESS.length) : key;
  const shown = text === '' ? 'nobody' : text.startsWith(':') ? networkOf(text) : text;
  return isInstead ? `${shown}${NO_CONSUMER}` : shown;
}

/** Keys of IPv6 clients are their network's eight groups as code units, behind a colon. */
function networkOf(key: string): string {
  const groups = [...Array(8).keys()].map((at) => (key.charCodeAt(1 + at) || 0).toString(16));
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::');
}

/** `s`, `min`, `10s`: as a rate of the config ends. */
export function lengthOf(ms: number): string {
  if (ms === 1000) return 's';
  if (ms === 60_000) return 'min';
  if (ms === 3_600_000) return 'h';
  if (ms === 86_400_000) return 'd';
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
