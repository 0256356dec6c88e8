import { POLICIES } from '../../decision/policies/registry.ts';
import type { ConfigPath } from '../diagnostics.ts';
import { isRecord, valueAt } from '../source/source.ts';

/** A policy as the config writes it, with references unresolved. */
export interface WrittenPolicy {
  readonly name: string;
  readonly options: unknown;
  readonly path: ConfigPath;
}

/** The policies of one route, named lists opened, in file order. */
export type RoutePolicies = readonly WrittenPolicy[];

/** By RouteId. @param value the source's value of a config that passed its checks */
export function readRoutePolicies(value: unknown): RoutePolicies[] {
  const routes = valueAt(value, ['routes']);
  if (!Array.isArray(routes)) return [];
  const lists = new Map<string, RoutePolicies>();
  return routes.map((_, index) => entriesAt(value, ['routes', index, 'policies'], lists));
}

function entriesAt(value: unknown, path: ConfigPath, lists: Map<string, RoutePolicies>): RoutePolicies {
  const items = valueAt(value, path);
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown, at): RoutePolicies => {
    if (typeof item === 'string') return listNamed(value, item, lists);
    if (!isRecord(item)) return [];
    return Object.entries(item).map(([name, options]) => ({ name, options, path: [...path, at, name] }));
  });
}

/** A list is read once, however many routes use it. */
function listNamed(value: unknown, name: string, lists: Map<string, RoutePolicies>): RoutePolicies {
  let list = lists.get(name);
  if (list === undefined) {
    list = entriesAt(value, ['policies', name], lists);
    lists.set(name, list);
  }
  return list;
}

const AUTHENTICATION: ReadonlySet<string> = new Set(['keyAuth', 'basicAuth', 'jwt', 'clientCertificate']);

/** Whether a policy finds out who is asking. */
export function isAuthentication({ name }: Pick<WrittenPolicy, 'name'>): boolean {
  const definition = (POLICIES as Readonly<Record<string, { readonly phase: string }>>)[name];
  return definition === undefined ? AUTHENTICATION.has(name) : definition.phase === 'authentication';
}

/** Whether requests of a route with these policies need an identity. */
export function isProtected(policies: readonly Pick<WrittenPolicy, 'name'>[]): boolean {
  return policies.some(isAuthentication);
}
