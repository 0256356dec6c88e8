/** What changes for requests: those the routes of both configs were written for are looked up in both tables. */

import type { CompiledConfig } from '../../config/compile.ts';
import {
  type CompiledModule,
  type CompiledPolicy,
  type ModuleOptions,
  type RouteRecord,
  USER_POLICY,
} from '../../config/compiled.ts';
import { isAuthentication } from '../../config/lint/route-policies.ts';
import { buildRouteTable } from '../../decision/route/build-route-table.ts';
import { NO_ROUTE, RouteHit } from '../../decision/route/route-hit.ts';
import { RouteTable } from '../../decision/route/route-table.ts';
import { type SampleRequest, sampleRequests } from '../../decision/route/sample-requests.ts';
import { changedSettings } from './changed-settings.ts';

/** A route of one of the configs. */
export interface RouteSide {
  readonly name: string;
  readonly source: string;
}

export interface Move {
  /** Null: no route takes it, or took it. */
  readonly from: RouteSide | null;
  readonly to: RouteSide | null;
  /** One of the requests, and how many there are among those that were looked up. */
  readonly example: string;
  readonly requests: number;
}

/** Requests that needed an identity and need none any more. */
export interface AuthLoss {
  readonly from: RouteSide;
  readonly to: RouteSide;
  readonly example: string;
  /** Names of the policies that are gone. */
  readonly policies: readonly string[];
}

export interface RouteChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly policiesGained: readonly string[];
  readonly policiesLost: readonly string[];
  /** Policies whose options changed, with the names of the settings: `rateLimit: limit`. */
  readonly policiesChanged: readonly string[];
  /** `upstream catalog -> catalog-v2`, `timeout`, `match`. */
  readonly settings: readonly string[];
}

export interface RoutesDiff {
  readonly added: readonly RouteSide[];
  readonly removed: readonly RouteSide[];
  readonly nowUnreachable: readonly RouteSide[];
  readonly nowReachable: readonly RouteSide[];
  readonly moved: readonly Move[];
  readonly authLost: readonly AuthLoss[];
  readonly changed: readonly RouteChange[];
}

export function diffRoutes(before: CompiledConfig, after: CompiledConfig): RoutesDiff {
  const sides = { before: new Side(before), after: new Side(after) };
  const journey = new Journey(sides.before, sides.after);
  journey.follow(before);
  journey.follow(after);
  const missing = (from: Side, other: Side): RouteSide[] =>
    from.config.routes.filter(({ name }) => !other.byName.has(name)).map(sideOf);
  const turned = (from: Side, to: Side): RouteSide[] =>
    to.config.routes
      .filter(({ name }, index) => {
        const earlier = from.byName.get(name);
        return earlier !== undefined && from.reached.has(earlier) && !to.reached.has(index) && to.isSampled(index);
      })
      .map(sideOf);
  return {
    added: missing(sides.after, sides.before),
    removed: missing(sides.before, sides.after),
    nowUnreachable: turned(sides.before, sides.after),
    nowReachable: turned(sides.after, sides.before).map(({ name }) =>
      sideOf(sides.after.config.routes[sides.after.byName.get(name)!]!),
    ),
    moved: [...journey.moves.values()],
    authLost: [...journey.losses.values()],
    changed: changes(sides.before, sides.after),
  };
}

/** One of the configs, ready for lookups. */
class Side {
  readonly config: CompiledConfig;
  readonly byName: ReadonlyMap<string, number>;
  /** Routes that at least one request came to. */
  readonly reached = new Set<number>();
  readonly #table: RouteTable;
  readonly #hit = new RouteHit();

  constructor(config: CompiledConfig) {
    this.config = config;
    this.byName = new Map(config.routes.map(({ name }, index) => [name, index]));
    this.#table = new RouteTable(buildRouteTable(config.matches));
  }

  lookup(request: SampleRequest): number {
    const route = this.#table.lookup(request, this.#hit);
    if (route !== NO_ROUTE) this.reached.add(route);
    return route;
  }

  /** False for an expression of which no example can be made: nothing is known of it then. */
  isSampled(route: number): boolean {
    return sampleRequests(this.config.matches[route]!).length > 0;
  }

  policies(route: number): readonly CompiledPolicy[] {
    return (this.config.routes[route]!.policies ?? []).map((id) => this.config.policies[id]!);
  }

  /** Names of the policies that let nobody through without an identity. */
  identity(route: number): string[] {
    return this.policies(route)
      .filter((policy) => needsIdentity(policy, this.config.globals.modules))
      .map(({ policy }) => policy);
  }
}

/** `optional` finds out who is asking, and lets through who does not say. */
function needsIdentity({ policy: name, options }: CompiledPolicy, modules: readonly CompiledModule[]): boolean {
  if (name === 'authorize') return true;
  if (name === USER_POLICY) {
    const { module } = options as ModuleOptions;
    return modules.some(({ digest, phase }) => digest === module && phase === 'authentication');
  }
  return isAuthentication({ name }) && (options as { readonly optional?: unknown }).optional !== true;
}

/** Looks requests up on both sides and gathers what became of them. */
class Journey {
  readonly moves = new Map<string, Move>();
  readonly losses = new Map<string, AuthLoss>();
  readonly #before: Side;
  readonly #after: Side;
  readonly #followed = new Set<string>();

  constructor(before: Side, after: Side) {
    this.#before = before;
    this.#after = after;
  }

  follow({ matches }: CompiledConfig): void {
    for (const match of matches) {
      // Most routes stand in both configs: their requests are looked up once.
      const key = JSON.stringify(match);
      if (this.#followed.has(key)) continue;
      this.#followed.add(key);
      for (const request of sampleRequests(match)) this.#follow(request);
    }
  }

  #follow(request: SampleRequest): void {
    const from = this.#before.lookup(request);
    const to = this.#after.lookup(request);
    const was = this.#before.config.routes[from];
    const is = this.#after.config.routes[to];
    if (was?.name !== is?.name) this.#noteMove(request, was, is);
    if (was !== undefined && is !== undefined) this.#noteLoss(request, from, to);
  }

  #noteMove(request: SampleRequest, was: RouteRecord | undefined, is: RouteRecord | undefined): void {
    const key = `${was?.name ?? ''}\0${is?.name ?? ''}`;
    const known = this.moves.get(key);
    const from = was === undefined ? null : sideOf(was);
    const to = is === undefined ? null : sideOf(is);
    this.moves.set(key, { from, to, example: known?.example ?? String(request), requests: (known?.requests ?? 0) + 1 });
  }

  #noteLoss(request: SampleRequest, from: number, to: number): void {
    const needed = this.#before.identity(from);
    if (needed.length === 0 || this.#after.identity(to).length > 0) return;
    const key = `${from}\0${to}`;
    if (this.losses.has(key)) return;
    const [was, is] = [this.#before.config.routes[from]!, this.#after.config.routes[to]!];
    this.losses.set(key, { from: sideOf(was), to: sideOf(is), example: String(request), policies: needed });
  }
}

function sideOf({ name, source }: RouteRecord): RouteSide {
  return { name, source };
}

function changes(before: Side, after: Side): RouteChange[] {
  const found: RouteChange[] = [];
  for (const [index, is] of after.config.routes.entries()) {
    const earlier = before.byName.get(is.name);
    if (earlier === undefined) continue;
    const was = before.config.routes[earlier]!;
    const policies = comparePolicies(before.policies(earlier), after.policies(index));
    const settings = compareSettings(before.config, earlier, after.config, index);
    const isSame = settings.length === 0 && Object.values(policies).every((list) => list.length === 0);
    if (!isSame) found.push({ name: is.name, from: was.source, to: is.source, ...policies, settings });
  }
  return found;
}

type PolicyChanges = Pick<RouteChange, 'policiesGained' | 'policiesLost' | 'policiesChanged'>;

/** The effective chains: a policy that moved from a list into the route itself has not changed. */
function comparePolicies(before: readonly CompiledPolicy[], after: readonly CompiledPolicy[]): PolicyChanges {
  const [was, is] = [numbered(before), numbered(after)];
  const changed = [...is].flatMap(([key, { options }]) => {
    const earlier = was.get(key);
    const settings = earlier === undefined ? [] : changedSettings(earlier.options, options);
    return settings.length === 0 ? [] : [`${key}: ${settings.map((setting) => setting || 'options').join(', ')}`];
  });
  return {
    policiesGained: [...is.keys()].filter((key) => !was.has(key)),
    policiesLost: [...was.keys()].filter((key) => !is.has(key)),
    policiesChanged: changed,
  };
}

/** `headers`, `headers 2`: a policy by its name, and its number among those of that name. */
function numbered(policies: readonly CompiledPolicy[]): Map<string, CompiledPolicy> {
  const counts = new Map<string, number>();
  return new Map(
    policies.map((policy) => {
      const count = (counts.get(policy.policy) ?? 0) + 1;
      counts.set(policy.policy, count);
      return [count === 1 ? policy.policy : `${policy.policy} ${count}`, policy];
    }),
  );
}

function compareSettings(before: CompiledConfig, was: number, after: CompiledConfig, is: number): string[] {
  const settings = changedSettings(before.matches[was], after.matches[is]).map((setting) => `match.${setting}`);
  const [from, to] = [forwardOf(before, was), forwardOf(after, is)];
  if (from.upstream !== to.upstream) settings.push(`upstream ${from.upstream ?? 'none'} -> ${to.upstream ?? 'none'}`);
  return [...settings, ...changedSettings(from.rest, to.rest).map((setting) => `forward.${setting}`)];
}

/** Where a route goes, by name: numbers mean nothing from one config to another. */
function forwardOf({ routes, globals }: CompiledConfig, route: number): { upstream: string | null; rest: object } {
  const { upstream, ...rest } = routes[route]!.forward;
  return { upstream: globals.upstreams[upstream]?.name ?? null, rest };
}
