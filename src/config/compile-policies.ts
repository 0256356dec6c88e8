/** Lists of policies to what acceptors run: names resolved, in the order in which requests pass them, each distinct one once. */
import type { PolicyId } from '../brand.ts';
import { PHASES } from '../decision/policies/phases.ts';
import { policyDefinition } from '../decision/policies/registry.ts';
import type { CompiledPolicy } from './compiled.ts';
import { type ConfigPath, formatPlace } from './diagnostics.ts';
import { withPolicyFiles } from './policy-files.ts';
import type { PolicyEntry } from './schema/policies/policies.ts';
import type { Config, Route } from './schema/schema.ts';
import type { Source } from './source/source.ts';

/** Where a policy stands, and what names that place whatever else is written around it. */
interface Placed {
  readonly entry: PolicyEntry;
  readonly path: ConfigPath;
  readonly scope: string;
}

export class PolicyBook {
  readonly policies: CompiledPolicy[] = [];
  readonly #config: Config;
  readonly #source: Source;
  readonly #ids = new Map<string, PolicyId>();

  constructor(config: Config, source: Source) {
    this.#config = config;
    this.#source = source;
  }

  /** The policies of a route, by id, in the order in which requests pass them. */
  idsOf(route: Route, index: number): readonly PolicyId[] {
    const placed = this.#placedIn(route, index).map((one) => ({ ...one, phase: phaseOf(one.entry) }));
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

  #idOf({ entry, path, scope }: Placed): PolicyId {
    const policy = nameOf(entry);
    const key = JSON.stringify([policy, entry[policy], scope]);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const options = withPolicyFiles(policy, entry[policy], [...path, policy], this.#source);
    const id = (this.policies.push({ policy, options, scope, source: formatPlace(this.#source.locate(path)) }) -
      1) as PolicyId;
    this.#ids.set(key, id);
    return id;
  }
}

/** The one key of an entry that passed the schema. */
export function nameOf(entry: PolicyEntry): keyof PolicyEntry {
  return Object.keys(entry)[0] as keyof PolicyEntry;
}

function phaseOf(entry: PolicyEntry): number {
  return PHASES.indexOf(policyDefinition(nameOf(entry)).phase);
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
