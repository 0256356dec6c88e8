/** Where `penstock run` takes its config from. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Millis } from '../brand.ts';
import { formatDuration, parseDuration } from '../config/units.ts';
import type { ConfigSource } from '../supervisor/config-source.ts';
import { FileSource } from '../supervisor/source/file-source.ts';
import { gitLocation } from '../supervisor/source/git-location.ts';
import { GitRemote } from '../supervisor/source/git-remote.ts';
import { GitSource } from '../supervisor/source/git-source.ts';
import type { GitCredential } from '../supervisor/source/run-git.ts';
import { CONFIG_OPTION } from './command-line.ts';
import { defaultConfigPath } from './config-path.ts';

export const SOURCE_OPTIONS = {
  ...CONFIG_OPTION,
  state: { type: 'string' },
  watch: { type: 'boolean', default: false },
  git: { type: 'string' },
  ref: { type: 'string' },
  path: { type: 'string' },
  poll: { type: 'string' },
  'git-token-file': { type: 'string' },
  'git-webhook-secret-file': { type: 'string' },
} as const;

export interface SourceValues {
  readonly config?: string | undefined;
  readonly state?: string | undefined;
  readonly watch: boolean;
  readonly git?: string | undefined;
  readonly ref?: string | undefined;
  readonly path?: string | undefined;
  readonly poll?: string | undefined;
  readonly 'git-token-file'?: string | undefined;
  readonly 'git-webhook-secret-file'?: string | undefined;
}

/** Where a gateway's config comes from, and where it keeps what it must not forget. */
export interface ChosenSource {
  readonly source: ConfigSource;
  readonly stateFolder: string;
}

const GIT_ONLY = ['ref', 'path', 'poll', 'git-token-file', 'git-webhook-secret-file'] as const;
const DEFAULT_POLL = '30s';
const SHORTEST_POLL_MS = 1000;
const LONGEST_POLL_MS = 24 * 3_600_000;
const STATE = join('.penstock', 'state');

/** @returns one sentence when the options do not go together */
export function chooseSource(values: SourceValues): ChosenSource | string {
  if (values.git !== undefined) return chooseGit(values, values.git);
  const stray = GIT_ONLY.find((name) => values[name] !== undefined);
  if (stray !== undefined) return `--${stray} says more about --git, which is missing`;
  const path = values.config ?? defaultConfigPath();
  const folder = values.state ?? join(dirname(resolve(path)), STATE);
  return { source: new FileSource(path, values.watch), stateFolder: resolve(folder) };
}

function chooseGit(values: SourceValues, url: string): ChosenSource | string {
  if (values.config !== undefined) return '--config and --git exclude each other, expected one of them';
  if (values.watch) return '--watch is for files: a repository is looked at anyway, see --poll';
  const location = gitLocation({ url, ref: values.ref ?? 'main', path: values.path ?? 'penstock.yaml' });
  if (typeof location === 'string') return location;
  const pollMs = parseDuration(values.poll ?? DEFAULT_POLL);
  if (pollMs === null || pollMs < SHORTEST_POLL_MS || pollMs > LONGEST_POLL_MS)
    return `--poll ${values.poll} cannot be used, expected a duration from ${formatDuration(SHORTEST_POLL_MS)} to ${formatDuration(LONGEST_POLL_MS)}`;
  const tokenFile = values['git-token-file'];
  if (tokenFile !== undefined && !location.url.startsWith('https:')) return '--git-token-file is for https URLs';
  const secretFile = values['git-webhook-secret-file'];
  for (const file of [tokenFile, secretFile]) {
    const problem = file === undefined ? null : whyNoSecret(file);
    if (problem !== null) return problem;
  }
  const credential = async (): Promise<GitCredential | null> =>
    tokenFile === undefined
      ? location.credential
      : { username: location.credential?.username || 'penstock', password: readSecret(tokenFile) };
  const stateFolder = resolve(values.state ?? STATE);
  const source = new GitSource({
    ...{ location, pollMs: pollMs as Millis, folder: join(stateFolder, 'source') },
    remote: new GitRemote(location, credential),
    pushSecret: secretFile === undefined ? null : async () => readSecret(secretFile),
  });
  return { source, stateFolder };
}

/** @throws Error in a sentence when there is none */
function readSecret(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}), expected a file with a secret`);
  }
  if (secret === '') throw new Error(`${file} is empty, expected a secret`);
  return secret;
}

function whyNoSecret(file: string): string | null {
  try {
    readSecret(file);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
