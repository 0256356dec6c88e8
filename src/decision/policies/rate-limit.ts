/**
 * Token buckets. The response fields are those of draft-ietf-httpapi-ratelimit-headers-10, "RateLimit header fields for HTTP":
 * structured fields (RFC 9651), a list of the windows in RateLimit-Policy and the one with the fewest tokens left in RateLimit.
 */
import type { Millis } from '../../brand.ts';
import type { Decision } from '../decision.ts';
import type { Limiter, LimitWindow } from './host.ts';
import { keyBy, type LimitBy } from './limit-key.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

export interface RateLimitOptions {
  /** At least one; each with a name of its own. */
  readonly windows: readonly (LimitWindow & { readonly name: string })[];
  readonly by: LimitBy;
  /** Bits of an IPv6 address that tell clients apart. */
  readonly ipv6Prefix: number;
  /** Whether responses say how much is left. */
  readonly headers: boolean;
  readonly dryRun: boolean;
  /** How long a request may be made to wait instead of being refused; 0: not at all. */
  readonly delay: Millis;
}

const POLICY_FIELD = 'ratelimit-policy';
const LIMIT_FIELD = 'ratelimit';
const FIELDS = [LIMIT_FIELD, POLICY_FIELD];

/** So many requests in a time, for each of those who are told apart; shared by all acceptors, kept over reloads. */
export const rateLimit: PolicyDefinition<RateLimitOptions> = {
  name: 'rateLimit',
  phase: 'limits',
  needs: ['delay'],
  create({ windows, by, ipv6Prefix, headers, dryRun, delay }, host) {
    const rates = windows.map(({ requests, per, burst }) => ({ requests, per, burst }));
    const limiter = host.rateLimits.limiter(host.scope, rates, delay);
    const keyOf = keyBy(by, ipv6Prefix);
    const { clock } = host;
    const fields = headers && !dryRun ? new LimitFields(windows) : null;
    const pass = (): Verdict => PASS;

    const onRequest = (decision: Decision): Verdict => {
      const wait = limiter.take(keyOf(decision), clock.monotonic());
      decision.trace?.note(explain(limiter, windows, wait));
      if (dryRun) {
        if (wait < 0) decision.dryRunRefusals++;
        return PASS;
      }
      fields?.write(decision, limiter);
      if (wait < 0) return decision.refuse('rate_limited', ['retry-after', String(seconds(-wait))]);
      return wait === 0 ? PASS : decision.wait({ kind: 'delay', ms: Math.ceil(wait) as Millis }, pass);
    };
    return { onRequest, onResponse: null, onEnd: null };
  },
};

/** The fields that tell a client how much is left. */
class LimitFields {
  readonly #policy: string;
  /** For each window, what stands before the number of its tokens. */
  readonly #prefixes: readonly string[];

  constructor(windows: RateLimitOptions['windows']) {
    this.#policy = windows.map(policyItem).join(', ');
    this.#prefixes = windows.map(({ name }) => `"${name}";r=`);
  }

  write(decision: Decision, limiter: Limiter): void {
    const limit = `${this.#prefixes[limiter.window]!}${limiter.remaining};t=${seconds(limiter.resetMs)}`;
    const written = decision.responseHeaderChanges?.get(LIMIT_FIELD) ?? null;
    const changes = decision.responseHeaders;
    if (written === null) {
      changes.replaceChecked(FIELDS, [LIMIT_FIELD, limit, POLICY_FIELD, this.#policy]);
      return;
    }
    // A route may have several limits: each says its part.
    changes.set(LIMIT_FIELD, `${written}, ${limit}`);
    changes.set(POLICY_FIELD, `${changes.get(POLICY_FIELD)}, ${this.#policy}`);
  }
}

function policyItem({ name, requests, per, burst }: RateLimitOptions['windows'][number]): string {
  // The draft knows no bursts; parameters of an implementation's own bear its name.
  const own = burst === requests ? '' : `;penstock-burst=${burst}`;
  return `"${name}";q=${requests};w=${per / 1000}${own}`;
}

/** Whole seconds, rounded up: one who comes then is not too early. A thousandth of a ms is a matter of how numbers are held. */
function seconds(ms: number): number {
  return Math.ceil((ms - 0.001) / 1000);
}

function explain(limiter: Limiter, windows: RateLimitOptions['windows'], wait: Millis): string {
  const { requests, per, name } = windows[limiter.window]!;
  const rate = `${requests} in ${per / 1000} s (${name})`;
  if (wait < 0) return `no token left of ${rate}; the next in ${Math.ceil(-wait)} ms`;
  return `${limiter.remaining} tokens left of ${rate}${wait > 0 ? `; waits ${Math.ceil(wait)} ms for its own` : ''}`;
}
