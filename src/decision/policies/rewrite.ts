import type { Decision, Target } from '../decision.ts';
import { pathParameter } from '../route/path-parameter.ts';
import { type PathPattern, parsePathPattern } from '../route/path-pattern.ts';
import { changePrefix, isNormalPath, type PrefixChange, percentEncode, renderPath } from '../url-template.ts';
import { ValueTemplate } from '../value-template.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

export interface RewriteOptions {
  /** Null: the path stays. */
  readonly path: PathRewrite | null;
  /** What is sent as Host; null: what the route says. */
  readonly host: string | null;
  readonly query: {
    readonly remove: readonly string[];
    /** Pairs of name and template. */
    readonly set: readonly (readonly [name: string, value: string])[];
  };
}

export type PathRewrite =
  | ({ readonly kind: 'prefix' } & PrefixChange)
  /** `from` is a path pattern; where both end in `/*`, what that stands for is kept. */
  | { readonly kind: 'template'; readonly from: string; readonly to: string }
  | { readonly kind: 'path'; readonly to: string };

/** Makes a new path of one; null: it is no path; the same: this rewrite is not for it. */
type PathRule = (path: string, decision: Decision) => string | null;

/** Changes path, query and Host of what the upstream is asked for. */
export const rewrite: PolicyDefinition<RewriteOptions> = {
  name: 'rewrite',
  phase: 'transform',
  needs: [],
  create({ path: pathRewrite, host, query: { remove, set } }) {
    const pathRule = pathRewrite === null ? null : pathRuleOf(pathRewrite);
    const values = set.map(([name, value]): QueryValue => {
      return [percentEncode(name), ValueTemplate.compile(value).withLiterals((text) => percentEncode(text))];
    });
    const replaced: ReadonlySet<string> = new Set([...remove, ...set.map(([name]) => name)]);
    return {
      onRequest(decision) {
        if (host !== null) decision.host = host;
        if (pathRule === null && replaced.size === 0) return PASS;
        const before: Target = decision.target ?? decision.request;
        const path = pathRule === null ? before.path : pathRule(before.path, decision);
        if (path === null) {
          decision.trace?.note('the rewritten path is not one that can be forwarded');
          return decision.refuse('path_invalid');
        }
        const query = replaced.size === 0 ? before.query : changeQuery(before.query, replaced, values, decision);
        decision.target = { path, query };
        decision.trace?.note(`the upstream is asked for ${path}`);
        return PASS;
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

function pathRuleOf(rule: PathRewrite): PathRule {
  if (rule.kind === 'prefix') return (path) => prefixed(path, rule);
  const { to } = rule;
  const keepsRest = rule.kind === 'template' && to.endsWith('/*');
  const template = ValueTemplate.compile(keepsRest ? to.slice(0, -2) || '/' : to);
  if (rule.kind === 'path') return (_, decision) => renderPath(template, decision, decision.request);
  const { from } = rule;
  const pattern = parsePathPattern(from);
  return (path, decision) => {
    const rest = restBehind(pattern, path);
    if (rest === null) return path;
    const parameters = {
      pathParameter: (name: string) => pathParameter(from, path, name) ?? decision.request.pathParameter(name),
    };
    const start = renderPath(template, decision, parameters);
    if (start === null || !keepsRest) return start;
    return checked(start === '/' ? rest || '/' : start + rest);
  };
}

function prefixed(path: string, rule: PrefixChange): string | null {
  const changed = changePrefix(path, rule);
  return changed === null ? path : checked(changed);
}

function checked(path: string): string | null {
  return isNormalPath(path) ? path : null;
}

/** What is left of a path behind a pattern that it matches, from its slash on; null when it does not match. */
function restBehind(pattern: PathPattern, path: string): string | null {
  if (pattern.kind === 'regexp') return null;
  const segments = path.split('/').slice(1);
  const wanted = pattern.segments;
  if (segments.length < wanted.length || (pattern.kind === 'exact' && segments.length > wanted.length)) return null;
  const fits = wanted.every((segment, at) => (segment === null ? segments[at] !== '' : segment === segments[at]));
  if (!fits) return null;
  const rest = segments.slice(wanted.length);
  return rest.length === 0 ? '' : `/${rest.join('/')}`;
}

/** A name and a value whose own text are percent-encoded. */
type QueryValue = readonly [name: string, value: ValueTemplate];

/** Parameters that stay keep their spelling and order; those that are set follow. An absent value sets nothing. */
function changeQuery(
  query: string | null,
  replaced: ReadonlySet<string>,
  values: readonly QueryValue[],
  decision: Decision,
): string | null {
  const parts = query === null ? [] : query.split('&').filter((part) => part !== '' && !replaced.has(nameOf(part)));
  for (const [name, template] of values) {
    const value = template.render(decision, decision.request, (text, { isLatin1 }) => percentEncode(text, isLatin1));
    if (value !== null) parts.push(`${name}=${value}`);
  }
  return parts.length === 0 ? null : parts.join('&');
}

/** The name of a parameter, decoded as HTML forms are (WHATWG URL, section 5.1). */
function nameOf(part: string): string {
  for (const [name] of new URLSearchParams(`&${part}`)) return name;
  return '';
}
