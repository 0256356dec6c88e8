import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigInput, digestOfFile } from '../../config/inputs.ts';
import { isConfigFile } from '../../config/source/read-source.ts';

/**
 * Whether a config would be compiled from the same text as it was: not whether somebody has written the same once more.
 *
 * @param inputs what it was compiled from
 * @param path where the config file or the directory of them is now, absolute
 * @param whereNow where an input is now
 */
export async function hasSameInputs(
  inputs: readonly ConfigInput[],
  path: string,
  whereNow: (file: string) => string = (file) => file,
): Promise<boolean> {
  if (inputs.some(({ file, digest }) => digestOfFile(whereNow(file)) !== digest)) return false;
  const files = await configFilesOf(path);
  const known = new Set(inputs.filter(({ isConfig }) => isConfig).map(({ file }) => whereNow(file)));
  return files.length === known.size && files.every((file) => known.has(file));
}

async function configFilesOf(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  if (entries === null) return [path];
  return entries.filter(isConfigFile).map(({ name }) => join(path, name));
}
