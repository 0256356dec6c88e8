/**
 * Lints: what is legal in a config and most likely not meant. Each is a function with an id, found in docs/lints.md by it; all are
 * warnings, and `penstock validate --strict` takes them for errors.
 */
import { RouteTable } from '../../decision/route/route-table.ts';
import type { CompiledConfig } from '../compile.ts';
import type { ConfigPath, Diagnostic } from '../diagnostics.ts';
import type { LoadedConfig } from '../load.ts';
import { Report } from '../report.ts';
import type { Config } from '../schema/schema.ts';
import type { Source } from '../source/source.ts';
import { corsAnyOrigin } from './cors-any-origin.ts';
import { authorizeWithoutIdentity, credentialsOverHttp } from './identity-lints.ts';
import { limitByClientHeader } from './limit-by-client-header.ts';
import { openRouteInProtectedPath } from './open-route-in-protected-path.ts';
import { routeNeverMatches } from './route-never-matches.ts';
import { type RoutePolicies, readRoutePolicies } from './route-policies.ts';
import { secretInFile } from './secret-in-file.ts';
import { upstreamTlsUnverified } from './upstream-tls-unverified.ts';

/** What a lint looks at. */
export interface LintContext {
  readonly config: Config;
  readonly source: Source;
  readonly compiled: CompiledConfig;
  /** By RouteId. */
  readonly policies: readonly RoutePolicies[];
  readonly table: RouteTable;
  /** `file:line:column` of a place, for a message that names a second one. */
  placeOf(path: ConfigPath): string;
}

/** What a lint has found. Messages quote no values: they may be secrets. */
export interface Finding {
  readonly path: ConfigPath;
  readonly message: string;
}

export interface Lint {
  /** Stands behind its messages and in docs/lints.md. */
  readonly id: string;
  find(context: LintContext): Iterable<Finding>;
}

export const LINTS: readonly Lint[] = [
  openRouteInProtectedPath,
  routeNeverMatches,
  limitByClientHeader,
  secretInFile,
  credentialsOverHttp,
  authorizeWithoutIdentity,
  upstreamTlsUnverified,
  corsAnyOrigin,
];

/** Runs every lint. @param routeTable what buildRouteTable made of the config's routes */
export function lintConfig(
  { config, source }: LoadedConfig,
  compiled: CompiledConfig,
  routeTable: Uint8Array,
): Diagnostic[] {
  const report = new Report(source);
  const context: LintContext = {
    config,
    source,
    compiled,
    policies: readRoutePolicies(source.value),
    table: new RouteTable(routeTable),
    placeOf: (path) => report.placeOf(path),
  };
  return LINTS.flatMap(({ id, find }) => {
    const found = new Report(source);
    for (const { path, message } of find(context)) found.warning(path, `${message} [${id}]`);
    return found.diagnostics.map((diagnostic) => ({ ...diagnostic, lint: id }));
  });
}
