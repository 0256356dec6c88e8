import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lever } from '../../ipc.ts';
import { ConfigImage } from '../../shared-memory/config-image.ts';
import { gatewayLog } from '../../telemetry/gateway-log.ts';
import type { Fleet } from '../fleet.ts';
import type { ConfigSnapshot } from '../history/config-snapshot.ts';
import type { History } from '../history/history.ts';
import { Sequence } from '../sequence.ts';
import type { PulledLever } from './pulled-lever.ts';

const FILE = 'levers.json';
const LONGEST_TIMER_MS = 0x7fffffff;
const MOST_LEVERS = 200;

export interface LeverPlace {
  readonly fleet: Fleet;
  readonly live: ConfigSnapshot;
  report(message: string): void;
}

/** A wish to pull a lever, as an operator has it. */
export interface LeverWish {
  readonly lever: Lever;
  readonly who: string | null;
  readonly why: string;
  /** Null: until somebody lets go of it. */
  readonly forMs: number | null;
}

/**
 * The levers that are pulled. They outlive reloads, acceptors and the gateway itself: an emergency does not end because something
 * is started anew.
 */
export class LeverBoard {
  readonly #place: LeverPlace;
  readonly #history: Pick<History, 'folder' | 'keep'>;
  readonly #writes = new Sequence();
  readonly #names: { of: ConfigSnapshot; routes: ReadonlyMap<string, boolean> }[] = [];
  #pulled: readonly PulledLever[];
  #timer: NodeJS.Timeout | null = null;

  /** @param history beside which they are kept */
  constructor(history: Pick<History, 'folder' | 'keep'>, place: LeverPlace) {
    this.#history = history;
    this.#place = place;
    this.#pulled = this.#read().filter(({ until }) => until === null || Date.parse(until) > Date.now());
    place.fleet.on('spawned', (acceptor) => {
      if (this.#pulled.length > 0) void acceptor.applyLevers(this.#levers);
    });
    this.#watchTime();
    this.#setLogLevel();
  }

  get pulled(): readonly PulledLever[] {
    return this.#pulled;
  }

  /**
   * Pulls a lever; resolves when every acceptor goes by it.
   *
   * @returns one sentence about why it cannot be, or what was pulled. One that was pulled for the same thing is replaced
   */
  async pull({ lever, who, why, forMs }: LeverWish): Promise<PulledLever | string> {
    const obstacle = this.#whyNot(lever);
    if (obstacle !== null) return obstacle;
    const now = Date.now();
    const pulled: PulledLever = {
      ...{ id: randomBytes(3).toString('hex'), lever, who, why },
      at: new Date(now).toISOString(),
      until: forMs === null ? null : new Date(now + forMs).toISOString(),
    };
    await this.#change([...this.#pulled.filter((other) => targetOf(other.lever) !== targetOf(lever)), pulled]);
    return pulled;
  }

  /** Lets go of a lever; resolves when every acceptor has. Null: there is none of this id. */
  async release(id: string): Promise<PulledLever | null> {
    const found = this.#pulled.find((pulled) => pulled.id === id);
    if (found === undefined) return null;
    await this.#change(this.#pulled.filter((pulled) => pulled !== found));
    return found;
  }

  /** Resolves when what was pulled is written down. */
  async close(): Promise<void> {
    this.#watchNoTime();
    await this.#writes.run(async () => {});
  }

  get #levers(): readonly Lever[] {
    return this.#pulled.map(({ lever }) => lever);
  }

  async #change(pulled: readonly PulledLever[]): Promise<void> {
    this.#pulled = pulled;
    this.#watchTime();
    this.#setLogLevel();
    void this.#writes.run(() => this.#write());
    await Promise.all(this.#place.fleet.acceptors.map((acceptor) => acceptor.applyLevers(this.#levers)));
  }

  /** The supervisor's own; acceptors are told like of any other lever. */
  #setLogLevel(): void {
    const levels = this.#levers.flatMap((lever) => (lever.kind === 'log-level' ? [lever.level] : []));
    gatewayLog.setLevel(levels[0] ?? null);
  }

  #read(): readonly PulledLever[] {
    const path = join(this.#history.folder, FILE);
    try {
      return existsSync(path) ? parseLevers(readFileSync(path, 'utf8')) : [];
    } catch (error) {
      this.#place.report(`levers that were pulled are forgotten: ${path} cannot be read. ${(error as Error).message}`);
      return [];
    }
  }

  async #write(): Promise<void> {
    try {
      await this.#history.keep(FILE, JSON.stringify(this.#pulled));
    } catch (error) {
      this.#place.report(`levers that are pulled would be forgotten at a restart: ${(error as Error).message}`);
    }
  }

  #watchNoTime(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #watchTime(): void {
    this.#watchNoTime();
    const ends = this.#pulled.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
    if (ends.length === 0) return;
    const wait = Math.min(Math.max(0, Math.min(...ends) - Date.now()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#expire(), wait).unref();
  }

  #expire(): void {
    const now = Date.now();
    const isOver = ({ until }: PulledLever): boolean => until !== null && Date.parse(until) <= now;
    for (const { lever, why } of this.#pulled.filter(isOver))
      this.#place.report(`the time of a lever is over: ${targetOf(lever)} (${why})`);
    void this.#change(this.#pulled.filter((pulled) => !isOver(pulled)));
  }

  #whyNot(lever: Lever): string | null {
    const isNew = !this.#pulled.some((other) => targetOf(other.lever) === targetOf(lever));
    if (isNew && this.#pulled.length >= MOST_LEVERS)
      return `${MOST_LEVERS} levers are pulled, expected one to be let go of`;
    if (lever.kind === 'log-level') return null;
    if (lever.kind === 'endpoint-out') return this.#whyNotOut(lever.upstream, lever.endpoint);
    const hasLimit = this.#routes().get(lever.route);
    if (hasLimit === undefined) return `there is no route ${lever.route}`;
    return lever.kind === 'limit' && !hasLimit ? `the route ${lever.route} has no rateLimit to be changed` : null;
  }

  #whyNotOut(upstream: string, endpoint: string): string | null {
    const found = this.#place.live.globals.upstreams.find(({ name }) => name === upstream);
    if (found === undefined) return `there is no upstream ${upstream}`;
    if (!found.endpoints.some(({ name }) => name === endpoint))
      return `the upstream ${upstream} has no endpoint ${endpoint}, expected one of ${found.endpoints.map(({ name }) => name).join(', ')}`;
    const out = this.#pulled.flatMap(({ lever }) =>
      lever.kind === 'endpoint-out' && lever.upstream === upstream ? [lever.endpoint] : [],
    );
    const left = found.endpoints.filter(({ name }) => name !== endpoint && !out.includes(name));
    return left.length === 0
      ? `${endpoint} is the last endpoint of ${upstream}, expected its routes to be killed`
      : null;
  }

  /** Names of the live snapshot's routes, and whether each has a rate limit. Found once a snapshot: 100,000 take a moment. */
  #routes(): ReadonlyMap<string, boolean> {
    const { live } = this.#place;
    const [known] = this.#names;
    if (known?.of === live) return known.routes;
    const image = new ConfigImage(new Uint8Array(live.image));
    const routes = new Map<string, boolean>();
    for (const { name, policies } of image.routes()) {
      routes.set(name, policies?.some((id) => image.policy(id).policy === 'rateLimit') ?? false);
    }
    this.#names[0] = { of: live, routes };
    return routes;
  }
}

/** What a lever is about: only one of a kind is pulled for the same thing. */
export function targetOf(lever: Lever): string {
  if (lever.kind === 'endpoint-out') return `${lever.kind} ${lever.upstream} ${lever.endpoint}`;
  return lever.kind === 'log-level' ? lever.kind : `${lever.kind} ${lever.route}`;
}

/** @throws Error when it is no list of levers */
function parseLevers(text: string): readonly PulledLever[] {
  const levers = JSON.parse(text) as readonly Partial<PulledLever>[];
  if (!levers.every((pulled) => pulled.lever?.kind !== undefined && pulled.until !== undefined))
    throw new Error('what is there is no list of levers');
  return levers as readonly PulledLever[];
}
