/** Checks of `tests`: the names they expect must be there, or they could only fail. */
import { ERROR_CODES } from '../errors/table.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import { isRecord, valueAt } from './source/source.ts';

export function checkTests({ value }: Draft, report: Report): void {
  const tests = valueAt(value, ['tests']);
  if (!Array.isArray(tests)) return;
  const codes = new Set<string>(ERROR_CODES);
  const routes = namesOfList(valueAt(value, ['routes']));
  const listeners = namesOfList(valueAt(value, ['listeners']));
  const upstreams = namesOfMap(valueAt(value, ['upstreams']));
  const consumers = namesOfMap(valueAt(value, ['consumers']));
  for (const index of tests.keys()) {
    const at = (...path: string[]): ConfigPath => ['tests', index, ...path];
    const known = (path: ConfigPath, names: ReadonlySet<string>, what: string): void => {
      const wanted = valueAt(value, path);
      if (typeof wanted !== 'string' || names.has(wanted)) return;
      report.error(path, `no ${what} is named {value}${didYouMean(wanted, names) || `, expected the name of one`}`);
    };
    known(at('expect', 'route'), routes, 'route');
    known(at('expect', 'upstream'), upstreams, 'upstream');
    known(at('expect', 'consumer'), consumers, 'consumer');
    known(at('expect', 'code'), codes, 'error');
    known(at('request', 'listener'), listeners, 'listener');
  }
}

function namesOfList(list: unknown): ReadonlySet<string> {
  if (!Array.isArray(list)) return new Set();
  return new Set(
    list.map((item: unknown) => (isRecord(item) ? item['name'] : null)).filter((name) => typeof name === 'string'),
  );
}

function namesOfMap(map: unknown): ReadonlySet<string> {
  return new Set(isRecord(map) ? Object.keys(map) : []);
}
