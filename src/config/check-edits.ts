/** Checks of policies that change requests, against the routes they stand on and the upstreams there are. */
import { pathParameterNames } from '../decision/route/path-pattern.ts';
import { ValueTemplate } from '../decision/value-template.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import { isRecord, valueAt } from './source/source.ts';

/** An entry of a list of policies, as written. */
interface Entry {
  readonly value: Readonly<Record<string, unknown>>;
  readonly path: ConfigPath;
}

export function checkEdits({ value, upstreams, known }: Draft, report: Report): void {
  const lists = valueAt(value, ['policies']);
  const routes = valueAt(value, ['routes']);
  const shared = new Map(
    Object.entries(isRecord(lists) ? lists : {}).map(([name, list]) => [name, entriesOf(list, ['policies', name])]),
  );
  const own = Array.isArray(routes) ? [...routes.keys()] : [];
  const reported = new Set<string>();
  for (const entries of shared.values()) checkMirrors(entries, upstreams, report);
  for (const index of own) {
    if (known.isChecked(index)) continue;
    const path = ['routes', index, 'policies'];
    const list = valueAt(value, path);
    const ownEntries = entriesOf(list, path);
    checkMirrors(ownEntries, upstreams, report);
    const named = Array.isArray(list)
      ? list.flatMap((item) => (typeof item === 'string' ? (shared.get(item) ?? []) : []))
      : [];
    checkRoute(index, value, [...named, ...ownEntries], report, reported);
  }
}

function entriesOf(list: unknown, path: ConfigPath): readonly Entry[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item, at) => (isRecord(item) ? [{ value: item, path: [...path, at] }] : []));
}

function checkMirrors(entries: readonly Entry[], upstreams: Draft['upstreams'], report: Report): void {
  for (const { value, path } of entries) {
    const wanted = valueAt(value, ['mirror', 'upstream']);
    if (typeof wanted !== 'string' || upstreams.has(wanted)) continue;
    const names = [...upstreams.keys()];
    const expected = names.length === 0 ? 'one under upstreams' : `one of ${names.slice(0, 10).join(', ')}`;
    const hint = didYouMean(wanted, names) || `, expected ${expected}`;
    report.error([...path, 'mirror', 'upstream'], `no upstream is named {value}${hint}`);
  }
}

function checkRoute(
  index: number,
  value: unknown,
  entries: readonly Entry[],
  report: Report,
  reported: Set<string>,
): void {
  const stripPrefix = ['routes', index, 'forward', 'stripPrefix'];
  const isStripped = valueAt(value, stripPrefix) !== undefined;
  const rewrite = entries.find((entry) =>
    ['prefix', 'template', 'path', 'query'].some((way) => valueAt(entry.value, ['rewrite', way]) !== undefined),
  );
  if (isStripped && rewrite !== undefined) {
    const place = report.placeOf(rewrite.path);
    report.error(stripPrefix, `{value} is set and the route has a rewrite at ${place}, expected one of both`);
  }
  const pattern = valueAt(value, ['routes', index, 'match', 'path']);
  if (typeof pattern !== 'string') return;
  for (const entry of entries) checkParameters(entry, pattern, report, reported);
}

/** Parameters that templates name are those of the route's path, or of the rewrite's own pattern. */
function checkParameters({ value, path }: Entry, pattern: string, report: Report, reported: Set<string>): void {
  for (const policy of ['headers', 'rewrite', 'redirect']) {
    const from = valueAt(value, [policy, 'template', 'from']);
    const known = [...pathParameterNames(pattern), ...(typeof from === 'string' ? pathParameterNames(from) : [])];
    for (const [place, text] of textsIn(value[policy], [...path, policy])) {
      const unknown = parametersIn(text).find((name) => !known.includes(name));
      const key = JSON.stringify(place);
      if (unknown === undefined || reported.has(key)) continue;
      reported.add(key);
      const expected = known.length === 0 ? 'a path with parameters' : `one of ${known.join(', ')}`;
      report.error(
        place,
        `{value} names the parameter ${unknown}, which the path ${pattern} has not, expected ${expected}`,
      );
    }
  }
}

function parametersIn(text: string): readonly string[] {
  try {
    const names = ValueTemplate.compile(text).values.map(({ name }) => name);
    return names.filter((name) => name.startsWith('path.')).map((name) => name.slice('path.'.length));
  } catch {
    // It names something unknown, which has been said.
    return [];
  }
}

function textsIn(value: unknown, path: ConfigPath): readonly (readonly [ConfigPath, string])[] {
  if (typeof value === 'string') return value.includes('${path.') ? [[path, value]] : [];
  if (Array.isArray(value)) return value.flatMap((item, at) => textsIn(item, [...path, at]));
  return isRecord(value) ? Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key])) : [];
}
