/** Checks of users' own policies: the module must load, and take its options. */
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { checkOptions, type PolicyModules } from './policy-modules.ts';
import type { Report } from './report.ts';
import { besideSource } from './source/beside-source.ts';
import { isRecord, type Source, valueAt } from './source/source.ts';

export function checkModules(draft: Draft, source: Source, modules: PolicyModules, report: Report): void {
  const { value, routesWithPolicies } = draft;
  const lists = valueAt(value, ['policies']);
  if (isRecord(lists)) for (const name of Object.keys(lists)) checkList(['policies', name]);
  for (const index of routesWithPolicies) checkList(['routes', index, 'policies']);
  for (const file of modules.files) report.files.add(file);

  function checkList(path: ConfigPath): void {
    const entries = valueAt(value, path);
    if (!Array.isArray(entries)) return;
    for (const [index, entry] of entries.entries()) {
      if (isRecord(entry) && typeof entry['use'] === 'string') check(entry['use'], entry['options'], [...path, index]);
    }
  }

  function check(file: string, options: unknown, path: ConfigPath): void {
    const module = modules.load(besideSource(source, path, file));
    if (typeof module === 'string') {
      report.error([...path, 'use'], `{value} ${module}, expected a module that exports a policy`);
      return;
    }
    for (const fault of checkOptions(module.definition, options ?? {})) {
      const at = options === undefined ? path : [...path, 'options', ...fault.path];
      report.error(at, `{path} ${fault.problem}, expected options that the policy takes`);
    }
  }
}
