import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder));
}

/** Absolute path of the checkout, for fixtures and commands: tests run from `dist`, which holds the compiled code alone. */
export const repositoryRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));
