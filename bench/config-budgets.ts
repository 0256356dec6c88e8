/** The budgets of a config, each with its place: what the judge holds a run to. */
import { type ConfigPath, formatPlace } from '../src/config/diagnostics.ts';
import type { LoadedConfig } from '../src/config/load.ts';
import type { Budget } from '../src/config/schema/schema.ts';
import { valueAt } from '../src/config/source/source.ts';
import type { BudgetLine } from './judge/budget-line.ts';

const LATENCIES = ['p50', 'p90', 'p95', 'p99', 'p999'] as const;
const OVERHEADS = ['p50', 'p99', 'p999'] as const;

/** In the order of the routes; of each the latencies, the overhead, the errors. A route's own come before the defaults. */
export function budgetsOf({ config, source }: LoadedConfig): BudgetLine[] {
  return config.routes.flatMap(({ name, budget: own = {} }, index) => {
    const place = (path: ConfigPath): Pick<BudgetLine, 'place' | 'isOwn'> => {
      const mine = ['routes', index, 'budget', ...path];
      const isOwn = valueAt(source.value, mine) !== undefined;
      return { isOwn, place: formatPlace(source.locate(isOwn ? mine : ['budget', ...path])) };
    };
    return linesOf(name, merge(config.budget, own), place);
  });
}

function merge(defaults: Budget, own: Budget): Budget {
  return { ...defaults, ...own, overhead: { ...defaults.overhead, ...own.overhead } };
}

function linesOf(
  route: string,
  budget: Budget,
  place: (path: ConfigPath) => Pick<BudgetLine, 'place' | 'isOwn'>,
): BudgetLine[] {
  const lines: BudgetLine[] = [];
  const add = (
    of: BudgetLine['of'],
    figure: BudgetLine['figure'],
    limit: number | undefined,
    path: ConfigPath,
  ): void => {
    if (limit !== undefined) lines.push({ route, of, figure, limit, ...place(path) });
  };
  for (const figure of LATENCIES) add('latency', figure, budget[figure], [figure]);
  for (const figure of OVERHEADS) add('overhead', figure, budget.overhead?.[figure], ['overhead', figure]);
  add('errors', 'share', budget.errors, ['errors']);
  return lines;
}
