/** Checks of consumers among each other: a key or a subject is one consumer's alone. Keys are never shown. */
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import type { Report } from './report.ts';
import { isRecord, valueAt } from './source/source.ts';

export function checkConsumers({ value }: Draft, report: Report): void {
  const consumers = valueAt(value, ['consumers']);
  if (!isRecord(consumers)) return;
  for (const [field, what] of [
    ['keys', 'key'],
    ['subjects', 'subject'],
  ] as const) {
    const owners = new Map<string, ConfigPath>();
    for (const name of Object.keys(consumers)) {
      const items = valueAt(value, ['consumers', name, field]);
      if (!Array.isArray(items)) continue;
      for (const [index, item] of items.entries()) {
        if (typeof item === 'string') checkOne(item, ['consumers', name, field, index], owners, what);
      }
    }
  }

  function checkOne(item: string, path: ConfigPath, owners: Map<string, ConfigPath>, what: string): void {
    const earlier = owners.get(item);
    if (earlier === undefined) owners.set(item, path);
    else
      report.error(
        path,
        `{path} is a ${what} that stands twice, expected each once (first at ${report.placeOf(earlier)})`,
      );
  }
}
