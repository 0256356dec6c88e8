import type { CompiledPolicy, CompiledUpstream } from '../config/compiled.ts';
import type { LogLevel } from '../config/schema/log-level.ts';
import type { LimitWindow } from '../decision/policies/host.ts';
import type { RateLimitOptions } from '../decision/policies/rate-limit.ts';
import type { Lever } from '../ipc.ts';

const LIMIT_POLICY = 'rateLimit';

/** What operators have changed by hand, as it is worked into a snapshot: once, when it is taken over or a route is decoded. */
export class AppliedLevers {
  readonly #killed = new Set<string>();
  readonly #limits = new Map<string, LimitWindow>();
  /** Names of endpoints by upstream. */
  readonly #out = new Map<string, Set<string>>();

  /** Null: the config's. */
  logLevel: LogLevel | null = null;

  constructor(levers: readonly Lever[]) {
    for (const lever of levers) {
      if (lever.kind === 'kill-route') this.#killed.add(lever.route);
      else if (lever.kind === 'limit') this.#limits.set(lever.route, lever.window);
      else if (lever.kind === 'endpoint-out') this.#takeOut(lever.upstream, lever.endpoint);
      else this.logLevel = lever.level;
    }
  }

  #takeOut(upstream: string, endpoint: string): void {
    const out = this.#out.get(upstream) ?? new Set();
    this.#out.set(upstream, out.add(endpoint));
  }

  isKilled(route: string): boolean {
    return this.#killed.has(route);
  }

  /** The upstream without what was taken out. One that would have nothing left stays whole: a config may have changed since. */
  upstream(config: CompiledUpstream): CompiledUpstream {
    const out = this.#out.get(config.name);
    if (out === undefined) return config;
    const endpoints = config.endpoints.filter(({ name }) => !out.has(name));
    return endpoints.length === 0 ? config : { ...config, endpoints };
  }

  /** The policies of a route, with another limit where one was set. */
  policies(route: string, policies: readonly CompiledPolicy[]): readonly CompiledPolicy[] {
    const window = this.#limits.get(route);
    if (window === undefined) return policies;
    return policies.map((compiled) => {
      if (compiled.policy !== LIMIT_POLICY) return compiled;
      const options: RateLimitOptions = {
        ...(compiled.options as RateLimitOptions),
        windows: [{ ...window, name: 'default' }],
      };
      return { ...compiled, options };
    });
  }
}
