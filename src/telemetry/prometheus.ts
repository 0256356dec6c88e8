import { type Counter, Registry } from 'prom-client';
import { FAMILIES, type Family } from './metric-families.ts';
import type { MetricsSource } from './metrics-source.ts';
import { type Scrape, scrape } from './scrape.ts';

/**
 * The metrics page of one supervisor. Nothing is counted here: a scrape reads shared memory once and writes what it found
 * as Prometheus text.
 */
export class MetricsPage {
  readonly #source: MetricsSource;
  readonly #registry = new Registry();
  #scrape: Scrape = { routes: [], upstreams: [] };

  constructor(source: MetricsSource) {
    this.#source = source;
    for (const family of FAMILIES) this.#register(family);
  }

  /** Value of the page's `content-type`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The page, in the Prometheus text exposition format 0.0.4. */
  render(): Promise<string> {
    // The registry asks every family before it first waits, so all of them see this scrape and none a later one.
    this.#scrape = scrape(this.#source);
    return this.#registry.metrics();
  }

  #register(family: Family): void {
    const { name, help, type } = family;
    const metric = {
      name,
      help,
      type,
      aggregator: 'sum',
      get: async () => ({ name, help, type, values: family.read(this.#scrape, this.#source) }),
    };
    // A registry needs no more of a metric than this; its type names the classes that count by themselves.
    this.#registry.registerMetric(metric as unknown as Counter);
  }
}
