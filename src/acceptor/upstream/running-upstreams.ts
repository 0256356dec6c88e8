import type { CompiledUpstream } from '../../config/compiled.ts';
import type { SlabWriter } from '../../shared-memory/slab-writer.ts';
import type { IdentityShelf } from '../identity-shelf.ts';
import type { SharedState } from './endpoint-guard.ts';
import { UpstreamGroup } from './upstream-group.ts';

/** The upstreams of an acceptor with their connections: those that do not change from one snapshot to the next go on as they are. */
export class RunningUpstreams {
  readonly #shared: SharedState;
  readonly #identities: IdentityShelf;
  readonly #metrics: SlabWriter;
  readonly #groups = new Map<string, UpstreamGroup>();

  constructor(shared: SharedState, identities: IdentityShelf, metrics: SlabWriter) {
    this.#shared = shared;
    this.#identities = identities;
    this.#metrics = metrics;
  }

  /** A group for an upstream: a running one when there is one just like it. @param inUse gets its key, see `keep` */
  groupFor(config: CompiledUpstream, inUse: Set<string>): UpstreamGroup {
    const files = config.tls?.identity ?? null;
    const identity = files === null ? null : this.#identities.get(files);
    const key = JSON.stringify([config, identity]);
    inUse.add(key);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new UpstreamGroup(config, performance.now.bind(performance), this.#shared, identity);
      this.#groups.set(key, group);
    }
    return group;
  }

  /** Lets go of every other one: exchanges under way end with what they have. */
  keep(inUse: ReadonlySet<string>): void {
    for (const [key, group] of this.#groups) {
      if (inUse.has(key)) continue;
      this.#groups.delete(key);
      group.close();
      // Nobody sets these any more, unless a changed upstream of the same name does at the next beat.
      this.#metrics.setConnections(group.series, 0);
      this.#metrics.setWaiting(group.series, 0);
    }
  }

  sweep(): void {
    for (const group of this.#groups.values()) group.sweep();
  }

  publishCounts(): void {
    for (const group of this.#groups.values()) {
      this.#metrics.setConnections(group.series, group.openConnections);
      this.#metrics.setWaiting(group.series, group.waiting);
    }
  }
}
