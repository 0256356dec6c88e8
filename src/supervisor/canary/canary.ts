/**
 * A snapshot on trial: some acceptors serve it, the others go on as before, and what both do is compared until it is clear whether
 * all should.
 *
 *   begun ──► watching ──── a rule is broken, somebody says so, a change comes ──► aborted
 *                 └──────── its time is over and there was enough traffic ───────► promoted
 *
 * An acceptor of the canary that dies is replaced by one that serves the canary, too; when a second one does, it is given up.
 */
import type { AcceptorSlot, Generation, SeriesId } from '../../brand.ts';
import type { SeriesName } from '../../config/series.ts';
import type { SharedMemory } from '../../shared-memory/shared-memory.ts';
import { SeriesTotals } from '../../shared-memory/slab-reader.ts';
import type { AcceptorProcess } from '../acceptor-process.ts';
import type { Fleet } from '../fleet.ts';
import type { AbortRule } from './abort-rules.ts';
import { GroupReading, sumOf } from './group-reading.ts';
import { compare, figuresOf, type GroupFigures, type RouteComparison } from './judge-canary.ts';

const LOOK_EVERY_MS = 200;
/** Looks in a row at which times must be too long: a moment's noise is no regression. */
const SLOW_LOOKS = 5;
/** Acceptors of the canary that may end, whoever did it: what they had in flight is counted nowhere, so more are no good sign. */
const MOST_DEATHS = 1;
/** Routes in the evidence, those that break a rule first. */
const MOST_ROUTES = 50;

export interface CanaryOptions {
  /** How many acceptors serve it. */
  readonly acceptors: number;
  readonly forMs: number;
  readonly rules: readonly AbortRule[];
  /** With fewer requests to the canary nothing can be said of it, and it is aborted. */
  readonly minRequests: number;
}

export interface CanaryStatus {
  readonly generation: Generation;
  readonly acceptors: number;
  readonly rules: readonly string[];
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endsAt: string;
  readonly state: 'watching' | 'promoted' | 'aborted';
  /** Why it ended; null while it has not. */
  readonly reason: string | null;
  /** All traffic. */
  readonly total: RouteComparison;
  readonly routes: readonly RouteComparison[];
}

export interface CanaryPlace {
  readonly fleet: Fleet;
  readonly memory: SharedMemory;
  nameOf(series: SeriesId): SeriesName | null;
}

export class Canary {
  readonly options: CanaryOptions;
  readonly #place: CanaryPlace;
  readonly #generation: Generation;
  readonly #startedAt = Date.now();
  readonly #canary: GroupReading;
  readonly #others: GroupReading;
  readonly #lanes = new Set<number>();
  #state: CanaryStatus['state'] = 'watching';
  #reason: string | null = null;
  #slowLooks = 0;
  #deaths = 0;
  #end: () => void = () => {};

  /** @param generation staged, and not the newest */
  constructor(place: CanaryPlace, generation: Generation, options: CanaryOptions) {
    this.#place = place;
    this.#generation = generation;
    this.options = options;
    this.#canary = new GroupReading(place.memory);
    this.#others = new GroupReading(place.memory);
  }

  /** Has the first acceptors serve it, and watches. Resolves to whether it is to be promoted. */
  async run(): Promise<boolean> {
    const { fleet } = this.#place;
    const serving = fleet.acceptors.filter(({ isServing, isDraining }) => isServing && !isDraining);
    serving.forEach((acceptor, index) => {
      if (index < this.options.acceptors) this.#lanes.add(acceptor.lane);
      this.#join(acceptor);
    });
    const onServing = (acceptor: AcceptorProcess): void => this.#join(acceptor);
    const onExit = ({ slot }: AcceptorProcess): void => this.#leave(slot);
    const onDied = ({ lane }: AcceptorProcess, how: string): void => this.#countDeath(lane, how);
    fleet.on('serving', onServing).on('exit', onExit).on('died', onDied);
    const timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    await new Promise<void>((end) => (this.#end = end));
    clearInterval(timer);
    fleet.off('serving', onServing).off('exit', onExit).off('died', onDied);
    return this.#state === 'promoted';
  }

  /** Ends it; nothing happens when it has ended. */
  abort(reason: string): void {
    this.#finish('aborted', reason);
  }

  promote(reason: string): void {
    this.#finish('promoted', reason);
  }

  get status(): CanaryStatus {
    const { acceptors, forMs, rules } = this.options;
    const { total, routes } = this.#compare();
    return {
      generation: this.#generation,
      acceptors,
      rules: rules.map(({ text }) => text),
      startedAt: new Date(this.#startedAt).toISOString(),
      endsAt: new Date(this.#startedAt + forMs).toISOString(),
      state: this.#state,
      reason: this.#reason,
      total,
      routes,
    };
  }

  #join(acceptor: AcceptorProcess): void {
    const isCanary = this.#lanes.has(acceptor.lane);
    (isCanary ? this.#canary : this.#others).add(acceptor.slot);
    if (isCanary) acceptor.takeOver(this.#generation);
  }

  #leave(slot: AcceptorSlot): void {
    this.#canary.leave(slot);
    this.#others.leave(slot);
  }

  #countDeath(lane: number, how: string): void {
    if (!this.#lanes.has(lane) || ++this.#deaths <= MOST_DEATHS) return;
    this.abort(`acceptors that served it have ended ${this.#deaths} times, ${how} the last`);
  }

  #look(): void {
    const { total, routes } = this.#compare();
    const broken = [total, ...routes].flatMap(({ route, broken: rules }) =>
      rules.map((text) => (route === null ? text : `route ${route}: ${text}`)),
    );
    const failing = broken.find((text) => text.includes('errors>'));
    if (failing !== undefined) this.abort(failing);
    this.#slowLooks = broken.length === 0 ? 0 : this.#slowLooks + 1;
    if (this.#slowLooks >= SLOW_LOOKS) this.abort(broken[0]!);
    if (Date.now() - this.#startedAt >= this.options.forMs) this.#atTheEnd(total, broken);
  }

  #atTheEnd({ canary }: RouteComparison, broken: readonly string[]): void {
    const { minRequests } = this.options;
    if (broken.length > 0) this.abort(broken[0]!);
    else if (canary.requests < minRequests)
      this.abort(`too little traffic to judge it by: ${canary.requests} requests, expected at least ${minRequests}`);
    else this.promote(`${canary.requests} requests broke no rule`);
  }

  #finish(state: 'promoted' | 'aborted', reason: string): void {
    if (this.#state !== 'watching') return;
    this.#state = state;
    this.#reason = reason;
    this.#end();
  }

  #compare(): { readonly total: RouteComparison; readonly routes: readonly RouteComparison[] } {
    const { rules } = this.options;
    const canary = this.#canary.read();
    const others = this.#others.read();
    const routes: RouteComparison[] = [];
    const counted: [SeriesTotals, SeriesTotals][] = [];
    for (const series of new Set([...canary.keys(), ...others.keys()])) {
      const route = this.#routeOf(series);
      if (route === null) continue;
      const pair: [SeriesTotals, SeriesTotals] = [
        canary.get(series) ?? new SeriesTotals(),
        others.get(series) ?? new SeriesTotals(),
      ];
      counted.push(pair);
      const figures: [GroupFigures, GroupFigures] = [figuresOf(pair[0]), figuresOf(pair[1])];
      if (figures[0].requests + figures[1].requests > 0) routes.push(compare(route, ...figures, rules));
    }
    const total = compare(
      null,
      figuresOf(sumOf(counted.map(([own]) => own))),
      figuresOf(sumOf(counted.map(([, theirs]) => theirs))),
      rules,
    );
    return { total, routes: routes.sort(worstFirst).slice(0, MOST_ROUTES) };
  }

  /** Null for an upstream: its figures are those of its routes once more. */
  #routeOf(series: SeriesId): string | null {
    if (series < 0) return '-';
    const named = this.#place.nameOf(series);
    return named?.kind === 'route' ? named.name : null;
  }
}

function worstFirst(a: RouteComparison, b: RouteComparison): number {
  return b.broken.length - a.broken.length || b.canary.requests - a.canary.requests;
}
