import type { Decision } from '../decision.ts';
import type { HeaderChanges } from '../header-changes.ts';
import { ValueTemplate } from '../value-template.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

/** Changes to one message, carried out in the order of the fields. Values are templates: see value-template.ts. */
export interface HeaderRules {
  readonly remove: readonly string[];
  /** Pairs of old and new name. */
  readonly rename: readonly (readonly [from: string, to: string])[];
  /** Pairs of name and value. */
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
}

export interface HeadersOptions {
  readonly request: HeaderRules | null;
  readonly response: HeaderRules | null;
}

/** Text that says the same of every request, and that a header carries as it is. */
function isPlain(value: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(value) && !value.includes('${');
}

/** Rules with their values taken apart. */
class ReadyRules {
  readonly #rules: HeaderRules;
  readonly #set: readonly (readonly [name: string, value: ValueTemplate])[];
  readonly #add: readonly (readonly [name: string, value: ValueTemplate])[];
  /** Names and lines of rules that are the same for every message: to take away, and to put in their place. Null: there are others. */
  readonly #constant: { readonly names: readonly string[]; readonly lines: readonly string[] } | null;

  constructor(rules: HeaderRules) {
    this.#rules = rules;
    this.#set = rules.set.map(([name, value]) => [name, ValueTemplate.compile(value)]);
    this.#add = rules.add.map(([name, value]) => [name, ValueTemplate.compile(value)]);
    const isConstant =
      rules.rename.length === 0 && rules.add.length === 0 && rules.set.every(([, value]) => isPlain(value));
    const names = [...rules.remove, ...rules.set.map(([name]) => name)];
    // A name that stands twice is set twice, one after the other.
    this.#constant = isConstant && new Set(names).size === names.length ? { names, lines: rules.set.flat() } : null;
  }

  apply(decision: Decision, headers: HeaderChanges): void {
    if (this.#constant !== null) {
      headers.replaceChecked(this.#constant.names, this.#constant.lines);
      return;
    }
    for (const name of this.#rules.remove) headers.remove(name);
    for (const [from, to] of this.#rules.rename) {
      const value = headers.get(from);
      headers.remove(from);
      // Also without an old one: the new name is the gateway's word, never the sender's.
      if (value === null) headers.remove(to);
      else headers.set(to, value);
    }
    for (const [name, template] of this.#set) {
      const value = template.header(decision);
      if (value === null) headers.remove(name);
      else headers.set(name, value);
    }
    for (const [name, template] of this.#add) {
      const value = template.header(decision);
      if (value !== null) headers.add(name, value);
    }
  }
}

/** Sets, adds, removes and renames headers of the request and of the response. */
export const headers: PolicyDefinition<HeadersOptions> = {
  name: 'headers',
  phase: 'transform',
  needs: [],
  create({ request, response }) {
    const toUpstream = request === null ? null : new ReadyRules(request);
    const toClient = response === null ? null : new ReadyRules(response);
    return {
      onRequest:
        toUpstream === null
          ? null
          : (decision) => {
              toUpstream.apply(decision, decision.requestHeaders);
              return PASS;
            },
      onResponse:
        toClient === null
          ? null
          : (decision) => {
              toClient.apply(decision, decision.responseHeaders);
              return PASS;
            },
      onEnd: null,
    };
  },
};
