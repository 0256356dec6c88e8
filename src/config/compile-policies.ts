/** Lists of policies to what acceptors run: names resolved, in the order in which requests pass them, each distinct one once. */
import type { PolicyId } from '../brand.ts';
import type { JwtOptions } from '../decision/policies/jwt/jwt-options.ts';
import { PHASES } from '../decision/policies/phases.ts';
import { policyDefinition } from '../decision/policies/registry.ts';
import { compileJwt } from './compile-jwt.ts';
import { type CompiledPolicy, type ModuleOptions, USER_POLICY } from './compiled.ts';
import { type ConfigPath, formatPlace } from './diagnostics.ts';
import { withPolicyFiles } from './policy-files.ts';
import type { PolicyModule, PolicyModules } from './policy-modules.ts';
import type { PolicyEntry } from './schema/policies/policies.ts';
import type { Config, Route } from './schema/schema.ts';
import { besideSource } from './source/beside-source.ts';
import type { Source } from './source/source.ts';

/** Where a policy stands, and what names that place whatever else is written around it. */
interface Placed {
  readonly entry: PolicyEntry;
  readonly path: ConfigPath;
  readonly scope: string;
}

const NONE: readonly PolicyId[] = [];

export class PolicyBook {
  readonly policies: CompiledPolicy[] = [];
  readonly #config: Config;
  readonly #source: Source;
  readonly #modules: PolicyModules;
  readonly #ids = new Map<string, PolicyId>();
  /** Ids of what routes name that have no policies of their own, by the names. */
  readonly #shared = new Map<string, readonly PolicyId[]>();

  constructor(config: Config, source: Source, modules: PolicyModules) {
    this.#config = config;
    this.#source = source;
    this.#modules = modules;
  }

  /** The policies of a route, by id, in the order in which requests pass them. */
  idsOf(route: Route, index: number): readonly PolicyId[] {
    if (route.policies.length === 0) return NONE;
    if (!route.policies.every((item) => typeof item === 'string')) return this.#find(route, index);
    const key = route.policies.join('\n');
    let ids = this.#shared.get(key);
    if (ids === undefined) {
      ids = this.#find(route, index);
      this.#shared.set(key, ids);
    }
    return ids;
  }

  #find(route: Route, index: number): readonly PolicyId[] {
    const placed = this.#placedIn(route, index).map((one) => ({ ...one, phase: this.#phaseOf(one) }));
    // Stable: within a phase the order of the file stays.
    return placed.sort((a, b) => a.phase - b.phase).map((one) => this.#idOf(one));
  }

  #placedIn(route: Route, index: number): Placed[] {
    const own = new ScopeNames(`route ${route.name}`);
    return route.policies.flatMap((item, at): Placed[] => {
      if (typeof item !== 'string') {
        return [{ entry: item, path: ['routes', index, 'policies', at], scope: own.next(nameOf(item)) }];
      }
      const shared = new ScopeNames(`list ${item}`);
      return this.#config.policies[item]!.map((entry, inList) => ({
        entry,
        path: ['policies', item, inList],
        scope: shared.next(nameOf(entry)),
      }));
    });
  }

  #phaseOf({ entry, path }: Placed): number {
    const policy = nameOf(entry);
    const { phase } = policy === USER_POLICY ? this.#moduleOf(entry, path).definition : policyDefinition(policy);
    return PHASES.indexOf(phase);
  }

  #moduleOptions(entry: PolicyEntry, path: ConfigPath): ModuleOptions {
    return { module: this.#moduleOf(entry, path).compiled.digest, options: entry.options ?? {} };
  }

  /** It could be loaded when it was checked. */
  #moduleOf(entry: PolicyEntry, path: ConfigPath): PolicyModule {
    return this.#modules.load(besideSource(this.#source, path, entry.use!)) as PolicyModule;
  }

  /** What an acceptor cannot read for itself is put into the options. */
  #compileOptions(entry: PolicyEntry, path: ConfigPath): unknown {
    if (entry.jwt !== undefined) return compileJwt(entry.jwt as JwtOptions, [...path, 'jwt'], this.#source);
    if (entry.use !== undefined) return this.#moduleOptions(entry, path);
    const policy = nameOf(entry);
    return withPolicyFiles(policy, entry[policy], [...path, policy], this.#source);
  }

  #idOf({ entry, path, scope }: Placed): PolicyId {
    const policy = nameOf(entry);
    const key = JSON.stringify([policy, entry, scope]);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const options = this.#compileOptions(entry, path);
    const id = (this.policies.push({ policy, options, scope, source: formatPlace(this.#source.locate(path)) }) -
      1) as PolicyId;
    this.#ids.set(key, id);
    return id;
  }
}

/** The policy of an entry that passed the schema. */
export function nameOf(entry: PolicyEntry): keyof PolicyEntry {
  return entry.use === undefined ? (Object.keys(entry)[0] as keyof PolicyEntry) : USER_POLICY;
}

/** `route catalog-read rateLimit`, `route catalog-read rateLimit 2`: the same as long as the list's others of that name are. */
class ScopeNames {
  readonly #owner: string;
  readonly #seen = new Map<string, number>();

  constructor(owner: string) {
    this.#owner = owner;
  }

  next(policy: string): string {
    const count = (this.#seen.get(policy) ?? 0) + 1;
    this.#seen.set(policy, count);
    return `${this.#owner} ${policy}${count === 1 ? '' : ` ${count}`}`;
  }
}
