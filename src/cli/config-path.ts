import { existsSync } from 'node:fs';

const DEFAULT_PATHS = ['penstock.yaml', 'config/penstock.yaml'] as const;

/** The config that commands use when none is named: the first of the usual ones in the working directory. */
export function defaultConfigPath(): string {
  return DEFAULT_PATHS.find((path) => existsSync(path)) ?? DEFAULT_PATHS[0];
}
