/**
 * Text to config, in the order a reader would expect:
 *
 *   read        files to plain data, every value's place kept   source/
 *   references  ${env:NAME} and ${file:/path} replaced           references.ts
 *   parse       shape, units, defaults                           schema/, draft.ts
 *   check       what takes more than one field to judge          check.ts
 *
 * Everything that is wrong is reported at once; only text that does not parse at all ends it early.
 */
import { checkDraft } from './check.ts';
import { type Diagnostic, hasErrors, sortDiagnostics } from './diagnostics.ts';
import { parseDraft } from './draft.ts';
import { PemFiles } from './pem-files.ts';
import { PolicyModules } from './policy-modules.ts';
import { type Environment, resolveReferences } from './references.ts';
import { Report } from './report.ts';
import type { Config } from './schema/schema.ts';
import { type ConfigText, readSource } from './source/read-source.ts';
import type { Source } from './source/source.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Where everything stands, and the values as written. */
  readonly source: Source;
  /** Users' own policies, as they were checked. */
  readonly modules: PolicyModules;
  /** Certificates and keys, as they were checked. */
  readonly pemFiles: PemFiles;
}

export interface LoadResult {
  /** Null when there is an error among the diagnostics. */
  readonly loaded: LoadedConfig | null;
  /** Sorted by place. With a loaded config: warnings alone. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every config file that was read, for a watcher. */
  readonly files: readonly string[];
  readonly texts: readonly ConfigText[];
}

/** Loads a config file or a directory of them. Never throws for what stands in them. */
export function loadConfig(path: string, environment: Environment = process.env): LoadResult {
  const { files, texts, result } = readSource(path);
  if (result.source === null) return { loaded: null, diagnostics: sortDiagnostics(result.diagnostics), files, texts };
  return { ...loadSource(result.source, environment), files, texts };
}

/** Everything after reading, for text that comes from elsewhere. */
export function loadSource(source: Source, environment: Environment): Omit<LoadResult, 'files' | 'texts'> {
  const report = new Report(source);
  const references = resolveReferences(source, environment);
  const draft = parseDraft(references.value, report);
  const read = { modules: new PolicyModules(), pemFiles: new PemFiles() };
  checkDraft(draft, source, read, report);
  // A value whose reference leads nowhere is not judged: what it would have been is not known.
  const unresolved = new Set(references.diagnostics.map(({ path }) => path));
  const judged = report.diagnostics.filter(({ path }) => !unresolved.has(path));
  const diagnostics = sortDiagnostics([...references.diagnostics, ...judged]);
  const loaded = draft.config === null || hasErrors(diagnostics) ? null : { config: draft.config, source, ...read };
  return { loaded, diagnostics };
}
