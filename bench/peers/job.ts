/** What a scenario asks of a gateway, in words that every gateway's config can be made from. */
import type { ScenarioPeers, ScenarioPlace } from '../scenarios/scenario.ts';
import type { Ability } from './peer.ts';
import { PEERS } from './registry.ts';

export interface Job {
  /** Paths `/service-0/` to `/service-N/`, each a route of its own, on each of the hosts; null: every request is let through. */
  readonly table: RouteTable | null;
  /** Of the scenario's folder: HTTPS with this certificate, chain and key each in PEM. */
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly host: string } | null;
  /** The chain of token-chain.ts, with its files. */
  readonly chain: ChainJob | null;
  /** Answers are stored in memory and served from there for as long as they say. */
  readonly caches: boolean;
  /** Bodies are passed on as they come, however large they are. */
  readonly streams: boolean;
  /** Endpoints that fail are left alone for a second, and what was safe to repeat is sent to another. */
  readonly failsOver: boolean;
}

export interface RouteTable {
  /** None: any. */
  readonly hosts: readonly string[];
  readonly paths: readonly string[];
}

export interface ChainJob {
  readonly keyFile: string;
  readonly keySetFile: string;
  readonly issuer: string;
  readonly audience: string;
  readonly rememberedTokens: number;
}

const PLAIN: Job = { table: null, tls: null, chain: null, caches: false, streams: false, failsOver: false };

/** Peers that do the same as Penstock does; those that cannot, with their own reason. */
export function sameWork(particulars: Partial<Job> = {}): ScenarioPeers {
  const job: Job = { ...PLAIN, ...particulars };
  const wanted = abilitiesFor(job);
  const entries = PEERS.map((peer) => {
    const reason = wanted.map((ability) => peer.cannot[ability]).find((text) => text !== undefined);
    const setup = (place: ScenarioPlace) => peer.configure(job, place);
    return [peer.name, reason === undefined ? setup : { cannot: reason }] as const;
  });
  return Object.fromEntries(entries);
}

/** Every peer, left out for one reason. */
export function leftOut(reason: string): ScenarioPeers {
  return Object.fromEntries(PEERS.map(({ name }) => [name, { cannot: reason }]));
}

function abilitiesFor({ chain, caches, table }: Job): Ability[] {
  const isLarge = table !== null && Math.max(1, table.hosts.length) * table.paths.length > 10_000;
  return [
    ...(chain === null ? [] : (['tokens'] as const)),
    ...(caches ? (['cache'] as const) : []),
    ...(isLarge ? (['manyRoutes'] as const) : []),
  ];
}
