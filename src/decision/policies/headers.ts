import type { HeaderChanges } from '../header-changes.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

/** Changes to one message, carried out in the order of the fields. */
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

function apply(rules: HeaderRules, headers: HeaderChanges): void {
  for (const name of rules.remove) headers.remove(name);
  for (const [from, to] of rules.rename) {
    const value = headers.get(from);
    headers.remove(from);
    if (value !== null) headers.set(to, value);
  }
  for (const [name, value] of rules.set) headers.set(name, value);
  for (const [name, value] of rules.add) headers.add(name, value);
}

/** Sets, adds, removes and renames headers of the request and of the response. */
export const headers: PolicyDefinition<HeadersOptions> = {
  name: 'headers',
  phase: 'transform',
  needs: [],
  create({ request, response }) {
    return {
      onRequest:
        request === null
          ? null
          : (decision) => {
              apply(request, decision.requestHeaders);
              return PASS;
            },
      onResponse:
        response === null
          ? null
          : (decision) => {
              apply(response, decision.responseHeaders);
              return PASS;
            },
      onEnd: null,
    };
  },
};
