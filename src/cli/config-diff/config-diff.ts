import { type ComparedConfig, diffGlobals, type GlobalsDiff, type NamedDiff } from './diff-globals.ts';
import { diffRoutes, type RoutesDiff } from './diff-routes.ts';

/** What changes in meaning from one config to another: the document that `diff --json` prints. */
export interface ConfigDiff extends GlobalsDiff {
  readonly isSame: boolean;
  readonly routes: RoutesDiff;
}

export function diffConfigs(before: ComparedConfig, after: ComparedConfig): ConfigDiff {
  const routes = diffRoutes(before.compiled, after.compiled);
  const globals = diffGlobals(before, after);
  const isEmpty = ({ added, removed, changed }: NamedDiff): boolean =>
    added.length + removed.length + changed.length === 0;
  const isSame =
    Object.values(routes).every((list: readonly unknown[]) => list.length === 0) &&
    [globals.listeners, globals.upstreams, globals.consumers].every(isEmpty) &&
    globals.settings.length === 0;
  return { isSame, routes, ...globals };
}
