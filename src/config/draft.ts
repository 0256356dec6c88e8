/**
 * A config as far as it could be parsed: what the checks across fields work on, so that a file with a bad duration in
 * one route hears of the dangling upstream of another in the same run.
 */
import type { z } from 'zod';
import { explainIssues } from './explain-issue.ts';
import type { KnownRoutes } from './known-routes.ts';
import type { Report } from './report.ts';
import { admin } from './schema/admin.ts';
import { listener } from './schema/listeners.ts';
import { route } from './schema/routes.ts';
import { type Config, configSchema, type Listener, type Route, type Upstream } from './schema/schema.ts';
import { upstream } from './schema/upstreams.ts';
import { isRecord, valueAt } from './source/source.ts';

/** Null stands for what did not parse; list indexes and names are those of the file. */
export interface Draft {
  /** The whole, when all of it parsed. */
  readonly config: Config | null;
  readonly listeners: readonly (Listener | null)[];
  readonly admin: Config['admin'] | null;
  readonly upstreams: ReadonlyMap<string, Upstream | null>;
  readonly routes: readonly (Route | null)[];
  /** The routes of it that stood there before. */
  readonly known: KnownRoutes;
  /** Indexes of routes with policies of their own, whether they parsed or not. */
  readonly routesWithPolicies: readonly number[];
  /** The value with references resolved, for what is worth checking even in an item that did not parse. Never printed. */
  readonly value: unknown;
}

/** Parses a value whose references are resolved; what is wrong with it goes to the report. */
export function parseDraft(value: unknown, report: Report, known: KnownRoutes): Draft {
  const routesWithPolicies = findOwnPolicies(valueAt(value, ['routes']));
  const config = parseWithKnown(value, known) ?? parseWhole(value, report);
  if (config === null) return { ...salvage(value), known, routesWithPolicies };
  const { listeners, admin, upstreams, routes } = config;
  return {
    config,
    listeners,
    admin,
    upstreams: new Map(Object.entries(upstreams)),
    routes,
    known,
    routesWithPolicies,
    value,
  };
}

/** Null for a config with mistakes, which the whole schema then tells apart. */
function parseWithKnown(value: unknown, known: KnownRoutes): Config | null {
  const values = valueAt(value, ['routes']);
  if (!isRecord(value) || !Array.isArray(values)) return null;
  const { data } = configSchema.safeParse({ ...value, routes: [] });
  if (data === undefined) return null;
  const routes: Route[] = [];
  for (let index = 0; index < values.length; index++) {
    const parsed = known.routes[index]!.parse(values[index]);
    if (parsed === null) return null;
    routes.push(parsed.route);
  }
  return { ...data, routes };
}

function parseWhole(value: unknown, report: Report): Config | null {
  const result = configSchema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  explainIssues(result.error.issues, report);
  return null;
}

function findOwnPolicies(routes: unknown): number[] {
  const found: number[] = [];
  if (!Array.isArray(routes)) return found;
  for (const [index, route] of routes.entries()) {
    const policies: unknown = isRecord(route) ? route['policies'] : undefined;
    if (Array.isArray(policies) && policies.some(isRecord)) found.push(index);
  }
  return found;
}

function salvage(value: unknown): Omit<Draft, 'known' | 'routesWithPolicies'> {
  const upstreams = valueAt(value, ['upstreams']);
  const names = isRecord(upstreams) ? Object.entries(upstreams) : [];
  return {
    config: null,
    listeners: parseEach(listener, valueAt(value, ['listeners'])),
    admin: parseOne(admin, valueAt(value, ['admin']) ?? {}),
    upstreams: new Map(names.map(([name, entry]) => [name, parseOne(upstream, entry)])),
    routes: parseEach(route, valueAt(value, ['routes'])),
    value,
  };
}

function parseEach<T>(schema: z.ZodType<T>, list: unknown): (T | null)[] {
  return Array.isArray(list) ? list.map((item) => parseOne(schema, item)) : [];
}

function parseOne<T>(schema: z.ZodType<T>, value: unknown): T | null {
  return schema.safeParse(value).data ?? null;
}
