/** Loads config text without touching the disk, for tests that care about what is said and where. */
import { strict as assert } from 'node:assert';
import { type LoadResult, loadSource } from '../../../src/config/load.ts';
import type { Environment } from '../../../src/config/references.ts';
import { parseSource } from '../../../src/config/source/read-source.ts';

/** A config that is usable as it stands: what tests add their lines to. */
export const BASE = `version: 1
listeners:
  - { name: public, address: 127.0.0.1:8080 }
upstreams:
  demo: { endpoints: [http://127.0.0.1:9001] }
`;

/** Loads text as if it stood in `file`, whose extension names the syntax. */
export function load(
  text: string,
  file = 'penstock.yaml',
  environment: Environment = {},
): Omit<LoadResult, 'files' | 'texts'> {
  const { source, diagnostics } = parseSource(file, text);
  return source === null ? { loaded: null, diagnostics, beside: [] } : loadSource(source, environment);
}

/** What is said of a text, as `line:column: message`. */
export function diagnose(text: string, file?: string, environment?: Environment): string[] {
  const { diagnostics } = load(text, file, environment);
  return diagnostics.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

/** The config of a text that must be usable. */
export function configOf(text: string, environment?: Environment): NonNullable<LoadResult['loaded']>['config'] {
  const { loaded, diagnostics } = load(text, undefined, environment);
  assert.ok(loaded !== null, JSON.stringify(diagnostics, null, 2));
  return loaded.config;
}
