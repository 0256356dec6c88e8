/** A parsed config text that remembers where each of its values stands. One interface, a file per syntax. */
import type { ConfigPath, Diagnostic, Place } from '../diagnostics.ts';

/** Whether a place is asked for a map's key or for the value behind it. */
export type Part = 'key' | 'value';

export interface Source {
  /** Plain data, references not yet resolved: safe to show. */
  readonly value: unknown;
  /** Where the value (or its key) stands; for one that is not there, where its nearest existing ancestor does. */
  locate(path: ConfigPath, part?: Part): Place;
}

export type SourceResult =
  | { readonly source: Source; readonly diagnostics: readonly [] }
  | { readonly source: null; readonly diagnostics: readonly Diagnostic[] };

/** Setting it would change an object's prototype instead of adding a key, and validators pass over it in silence. */
export const FORBIDDEN_KEY = '__proto__';

/** A YAML or JSON map as plain data. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of plain data, undefined where there is none. */
export function valueAt(value: unknown, path: ConfigPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}
