import { dirname, resolve } from 'node:path';
import type { ConfigPath } from '../diagnostics.ts';
import type { Source } from './source.ts';

/** A file that a config names, as an absolute path: relative ones count from the folder of the file they stand in. */
export function besideSource(source: Source, path: ConfigPath, file: string): string {
  return resolve(dirname(source.locate(path).file), file);
}
