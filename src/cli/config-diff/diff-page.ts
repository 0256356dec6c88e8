import type { ConfigDiff } from './config-diff.ts';
import type { NamedDiff } from './diff-globals.ts';
import type { AuthLoss, Move, RouteChange, RouteSide } from './diff-routes.ts';

/** Lines of one group that are printed; `--json` has them all. */
const MOST_LINES = 50;

/** The differences as text for people, the gravest first. */
export function diffPage(diff: ConfigDiff): string {
  if (diff.isSame) return 'no difference in meaning\n';
  const { routes } = diff;
  return [
    group('no identity needed any more', routes.authLost.map(lossLine)),
    group('routes removed', routes.removed.map(sideLine)),
    group('routes added', routes.added.map(sideLine)),
    group('routes that no request reaches any more', routes.nowUnreachable.map(sideLine)),
    group('routes that requests reach again', routes.nowReachable.map(sideLine)),
    group('requests that go elsewhere', routes.moved.map(moveLine)),
    group('routes changed', routes.changed.map(changeLine)),
    named('upstreams', diff.upstreams),
    named('consumers', diff.consumers),
    named('listeners', diff.listeners),
    group('settings changed', diff.settings),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function group(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length - MOST_LINES;
  const rest = more > 0 ? `  and ${more} more\n` : '';
  return `${title}\n${lines
    .slice(0, MOST_LINES)
    .map((line) => `  ${line}\n`)
    .join('')}${rest}`;
}

function named(title: string, { added, removed, changed }: NamedDiff): string {
  return group(title, [
    ...removed.map((name) => `- ${name}`),
    ...added.map((name) => `+ ${name}`),
    ...changed.map(({ name, settings }) => `~ ${name}: ${settings.join(', ')}`),
  ]);
}

function sideLine({ name, source }: RouteSide): string {
  return `${name}  (${source})`;
}

function moveLine({ from, to, example, requests }: Move): string {
  const others = requests === 1 ? '' : ` and ${requests - 1} more like it`;
  return `${example}${others}: ${from === null ? 'no route' : sideLine(from)} -> ${to === null ? 'no route' : sideLine(to)}`;
}

function lossLine({ example, from, to, policies }: AuthLoss): string {
  return `${example}: ${policies.join(', ')} of ${sideLine(from)} -> ${sideLine(to)}`;
}

function changeLine({ name, from, to, policiesGained, policiesLost, policiesChanged, settings }: RouteChange): string {
  const parts = [
    ...policiesLost.map((policy) => `loses ${policy}`),
    ...policiesGained.map((policy) => `gains ${policy}`),
    ...policiesChanged.map((policy) => `changes ${policy}`),
    ...settings,
  ];
  return `${name}  (${from} -> ${to}): ${parts.join('; ')}`;
}
