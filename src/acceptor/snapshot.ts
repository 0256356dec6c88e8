import { LRUCache } from 'lru-cache';
import type { Generation, RouteId } from '../brand.ts';
import type { CompiledListener, CompiledUpstream, RouteRecord } from '../config/compiled.ts';
import type { Chain, ChainListener } from '../decision/chain.ts';
import { CidrSet } from '../decision/cidr.ts';
import { answersPreflights, requestToCome } from '../decision/route/preflight.ts';
import { NO_ROUTE, RouteHit } from '../decision/route/route-hit.ts';
import type { RequestFacts } from '../decision/route/route-match.ts';
import { RouteTable } from '../decision/route/route-table.ts';
import type { ConfigImage } from '../shared-memory/config-image.ts';
import type { AppliedLevers } from './applied-levers.ts';
import type { ListenerContext } from './listener/downstream.ts';
import type { PolicyShelf } from './policies/policy-shelf.ts';
import type { UpstreamGroup } from './upstream/upstream-group.ts';

/** Route records kept decoded. Memory grows with the routes in use, up to this many, not with those configured. */
const DECODED_ROUTES = 16_384;

/** A route ready for use: its record, and its policies compiled for it. */
export interface Route extends RouteRecord {
  /** Null: no policies, and every stage of theirs is passed by. */
  readonly chain: Chain | null;
  /** Name of its upstream, or null. */
  readonly upstream: string | null;
  readonly answersPreflights: boolean;
  /** An operator has switched it off. */
  readonly isKilled: boolean;
}

export interface SnapshotParts {
  /** A running group for a compiled upstream. */
  readonly makeUpstream: (config: CompiledUpstream) => UpstreamGroup;
  readonly shelf: PolicyShelf;
  readonly faults: ChainListener;
  /** What operators have changed by hand. */
  readonly levers: AppliedLevers;
}

/**
 * One generation of the config as this acceptor uses it: the route table is walked where it lies in shared memory, records
 * are decoded on first use. Route lookups are only for new exchanges of the newest snapshot, because the memory below an
 * older one may be refilled once it has been acknowledged; whatever an exchange has taken out of it stays good.
 */
export class Snapshot {
  readonly generation: Generation;
  readonly upstreams: readonly UpstreamGroup[];
  readonly listeners: ReadonlyMap<string, ListenerContext>;
  readonly #image: ConfigImage;
  readonly #table: RouteTable;
  readonly #routes = new LRUCache<RouteId, Route>({ max: DECODED_ROUTES });
  readonly #hit = new RouteHit();
  readonly #shelf: PolicyShelf;
  readonly #faults: ChainListener;
  readonly #levers: AppliedLevers;

  /** @param parts what outlives snapshots, so that what does not change from one to the next goes on as it is */
  constructor(generation: Generation, image: ConfigImage, { makeUpstream, shelf, faults, levers }: SnapshotParts) {
    const { listeners, upstreams } = image.globals();
    this.generation = generation;
    this.upstreams = upstreams.map((upstream) => makeUpstream(levers.upstream(upstream)));
    this.listeners = new Map(listeners.map((config) => [config.name, listenerContext(config)]));
    this.#image = image;
    this.#shelf = shelf;
    this.#faults = faults;
    this.#levers = levers;
    this.#table = new RouteTable(bytesOf(image.routeTable()));
  }

  /** The route of a request, or null. A preflight has the route of the request it is for, when that answers preflights. */
  findRoute(facts: RequestFacts): Route | null {
    const toCome = facts.method === 'OPTIONS' ? requestToCome(facts) : null;
    const its = toCome === null ? null : this.#lookUp(toCome);
    return its?.answersPreflights ? its : this.#lookUp(facts);
  }

  #lookUp(facts: RequestFacts): Route | null {
    const id = this.#table.lookup(facts, this.#hit);
    if (id === NO_ROUTE) return null;
    const known = this.#routes.get(id);
    if (known !== undefined) return known;
    const route = this.#decode(id);
    this.#routes.set(id, route);
    return route;
  }

  #decode(id: RouteId): Route {
    const record = this.#image.route(id);
    const written = record.policies?.map((policy) => this.#image.policy(policy)) ?? null;
    const policies = written === null ? null : this.#levers.policies(record.name, written);
    return {
      ...record,
      chain: policies === null ? null : this.#shelf.chain(policies, this.#faults),
      upstream: this.upstreams[record.forward.upstream]?.name ?? null,
      isKilled: this.#levers.isKilled(record.name),
      answersPreflights: answersPreflights(policies?.map(({ policy }) => policy) ?? []),
    };
  }

  /** Methods with which the same request would find a route. */
  allowedMethods(facts: RequestFacts): readonly string[] {
    return this.#table.allowedMethods(facts);
  }
}

function listenerContext(config: CompiledListener): ListenerContext {
  return {
    config,
    trustedProxies: CidrSet.parse(config.trustedProxies),
    secure: config.tls !== null,
  };
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
