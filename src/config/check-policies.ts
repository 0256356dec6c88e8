/** Checks of policies and consumers: names that must be there, and what only the whole config can tell. */
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import { NAME } from './schema/fields.ts';
import { isRecord, valueAt } from './source/source.ts';

/** Policies that may answer every request of a route, so that it needs no upstream. */
const ANSWERING: readonly string[] = ['respond', 'redirect'];

export function checkPolicies({ value, known }: Draft, report: Report): void {
  const lists = valueAt(value, ['policies']);
  const named = isRecord(lists) ? lists : {};
  for (const section of ['policies', 'consumers']) checkNames(valueAt(value, [section]), [section], report);
  const routes = valueAt(value, ['routes']);
  if (!Array.isArray(routes)) return;
  for (const index of routes.keys()) if (!known.isChecked(index)) checkRoute(index, value, named, report);
}

function checkNames(section: unknown, path: ConfigPath, report: Report): void {
  if (!isRecord(section)) return;
  for (const name of Object.keys(section)) {
    if (NAME.test(name)) continue;
    const message = `${JSON.stringify(name)} is not a name, expected 1 to 128 printable ASCII characters without blanks`;
    report.error([...path, name], message, 'key');
  }
}

function checkRoute(index: number, value: unknown, lists: Readonly<Record<string, unknown>>, report: Report): void {
  const path = ['routes', index, 'policies'];
  const items = valueAt(value, path);
  const own = Array.isArray(items) ? items : [];
  for (const [at, item] of own.entries()) {
    if (typeof item !== 'string' || Object.hasOwn(lists, item)) continue;
    const names = Object.keys(lists);
    const expected = names.length === 0 ? 'one under policies' : `one of ${names.slice(0, 10).join(', ')}`;
    report.error(
      [...path, at],
      `no list of policies is named {value}${didYouMean(item, names) || `, expected ${expected}`}`,
    );
  }
  const route = valueAt(value, ['routes', index]);
  if (!isRecord(route) || route['forward'] !== undefined) return;
  const entries = own.flatMap((item) => (typeof item === 'string' ? lists[item] : [item]));
  const answers = entries.some((entry) => isRecord(entry) && ANSWERING.some((policy) => Object.hasOwn(entry, policy)));
  if (answers) return;
  report.error(['routes', index], 'the route has neither forward nor a policy that answers, expected one of both');
}
