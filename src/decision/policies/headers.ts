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

/** Rules with their values taken apart. */
class ReadyRules {
  readonly #rules: HeaderRules;
  readonly #set: readonly (readonly [name: string, value: ValueTemplate])[];
  readonly #add: readonly (readonly [name: string, value: ValueTemplate])[];

  constructor(rules: HeaderRules) {
    this.#rules = rules;
    this.#set = rules.set.map(([name, value]) => [name, ValueTemplate.compile(value)]);
    this.#add = rules.add.map(([name, value]) => [name, ValueTemplate.compile(value)]);
  }

  apply(decision: Decision, headers: HeaderChanges): void {
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
