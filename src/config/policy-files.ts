/** What policies say in files beside the config: read when it is checked, and again when it is compiled. */
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import { DocumentError } from './openapi/document-error.ts';
import { readBodyOptions, readOpenApiOptions } from './openapi/validate-options.ts';
import type { Report } from './report.ts';
import { validateOptions, type WrittenValidate } from './schema/policies/validate.ts';
import { besideSource } from './source/beside-source.ts';
import { isRecord, type Source, valueAt } from './source/source.ts';

/** The options of a policy with what its files say. @throws DocumentError when one cannot be used */
export function withPolicyFiles(policy: string, options: unknown, path: ConfigPath, source: Source): unknown {
  if (policy !== 'validate') return options;
  const { openapi, operation, writtenBasePath, bodyFile, ...rest } = options as WrittenValidate;
  if (bodyFile !== null) return { ...rest, ...readBodyOptions(besideSource(source, [...path, 'body'], bodyFile)) };
  if (openapi === null) return rest;
  const file = besideSource(source, [...path, 'openapi'], openapi);
  const { strictQuery } = rest;
  return { ...rest, ...readOpenApiOptions(file, { operation, basePath: writtenBasePath, strictQuery }) };
}

/** Reads the files of every policy that parsed. */
export function checkPolicyFiles(draft: Draft, source: Source, report: Report): void {
  for (const [entry, path] of entriesOf(draft)) {
    if (!isRecord(entry) || !Object.hasOwn(entry, 'validate')) continue;
    const parsed = validateOptions.safeParse(entry['validate']);
    if (!parsed.success) continue;
    const at = [...path, 'validate'];
    const { openapi, bodyFile } = parsed.data as WrittenValidate;
    const field = openapi === null ? 'body' : 'openapi';
    const file = bodyFile ?? openapi;
    if (file !== null) report.files.add(besideSource(source, [...at, field], file));
    try {
      withPolicyFiles('validate', parsed.data, at, source);
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      report.error([...at, field], `{value}: ${error.message}`);
    }
  }
}

function* entriesOf({ value, routesWithPolicies }: Draft): Iterable<readonly [unknown, ConfigPath]> {
  const lists = valueAt(value, ['policies']);
  if (isRecord(lists)) for (const [name, list] of Object.entries(lists)) yield* itemsOf(list, ['policies', name]);
  for (const index of routesWithPolicies) {
    const path = ['routes', index, 'policies'];
    yield* itemsOf(valueAt(value, path), path);
  }
}

function* itemsOf(list: unknown, path: ConfigPath): Iterable<readonly [unknown, ConfigPath]> {
  if (Array.isArray(list)) for (const [at, entry] of list.entries()) yield [entry, [...path, at]];
}
