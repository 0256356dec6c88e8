/** A repository somewhere else: which commit a ref stands at, and the files of one commit. */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '../../brand.ts';
import { formatSize } from '../../config/units.ts';
import { exportTree } from './export-tree.ts';
import type { GitLocation } from './git-location.ts';
import { type GitCredential, GitError, type GitRun, runGit } from './run-git.ts';

/** What a repository may cost. */
export interface GitLimits {
  /** To learn which commit a ref stands at. */
  readonly lookMs: Millis;
  readonly fetchMs: Millis;
  /** Of one commit, as it comes over the network. */
  readonly fetchBytes: number;
  /** Larger files are left out where the server can do that. */
  readonly fileBytes: number;
  /** Of its files, and of how many. */
  readonly treeBytes: number;
  readonly treeFiles: number;
}

export const GIT_LIMITS: GitLimits = {
  lookMs: 20_000 as Millis,
  fetchMs: 120_000 as Millis,
  fetchBytes: 256 * 1024 ** 2,
  fileBytes: 64 * 1024 ** 2,
  treeBytes: 128 * 1024 ** 2,
  treeFiles: 20_000,
};

const MOST_LISTED_BYTES = 16 * 1024 ** 2;
/** How far back it is looked for the commit of before. */
const ANCESTORS = 200;
const FETCHED = 'refs/penstock/source';
/** A name for the URL: what git remembers of a filter, it remembers by the name of a remote. */
const REMOTE = 'source';

/** Begins the names of folders that a fetch is under way in. */
export const FETCH_PREFIX = 'fetch-';

/** A ref as the repository has it. */
export interface Tip {
  /** `refs/heads/main`. */
  readonly name: string;
  readonly commit: string;
}

export interface FetchedCommit {
  readonly commit: string;
  /** The commit of before is no ancestor of it; null: nobody knows. */
  readonly isRewritten: boolean | null;
}

export class GitRemote {
  readonly #location: GitLocation;
  readonly #credential: () => Promise<GitCredential | null>;
  readonly #limits: GitLimits;
  readonly #stopping = new AbortController();

  /** @param credential asked each time: who keeps it in a file may replace it */
  constructor(location: GitLocation, credential: () => Promise<GitCredential | null>, limits: GitLimits = GIT_LIMITS) {
    this.#location = location;
    this.#credential = credential;
    this.#limits = limits;
  }

  /** Ends what runs. */
  close(): void {
    this.#stopping.abort();
  }

  /** @throws GitError when it cannot be asked, and when there is no such ref */
  async tip(folder: string): Promise<Tip> {
    const { ref } = this.#location;
    const names = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
    const printed = await this.#run(folder, this.#limits.lookMs, [
      ...['ls-remote', '--quiet', '--', this.#location.url],
      // What an annotated tag stands for is listed behind the tag itself.
      ...names.flatMap((name) => [name, `${name}^{}`]),
    ]);
    const listed = new Map(
      printed
        .toString('utf8')
        .split('\n')
        .map((line) => line.split('\t', 2).reverse() as [string, string]),
    );
    for (const name of names) {
      const commit = listed.get(`${name}^{}`) ?? listed.get(name);
      if (commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)) return { name, commit };
    }
    throw new GitError(`the repository has no branch or tag ${ref}`);
  }

  /**
   * Brings one commit into a repository that is thrown away afterwards, and its files into a folder.
   *
   * @param ref full name
   * @param folder where there is room for both
   * @param before the commit that was there before; null: none
   * @throws GitError in a sentence; Error of the system when the disk refuses
   */
  async fetch(ref: string, folder: string, before: string | null): Promise<FetchedCommit> {
    const repository = await mkdtemp(join(folder, FETCH_PREFIX));
    try {
      const { lookMs, fetchMs, treeBytes, fileBytes } = this.#limits;
      await this.#run(repository, lookMs, ['init', '--quiet', '--bare', '--template=', '.']);
      await this.#fetch(repository, fetchMs, ref, ['--depth=1', `--filter=blob:limit=${fileBytes}`]);
      await this.#forgetFilter(repository);
      const commit = (await this.#run(repository, lookMs, ['rev-parse', '--verify', `${FETCHED}^{commit}`]))
        .toString()
        .trim();
      const tree = join(repository, 'tree');
      await mkdir(tree, { mode: 0o700 });
      const git = (args: readonly string[], input?: string): Promise<Buffer> =>
        this.#run(repository, fetchMs, args, { input: input ?? '', mostBytes: treeBytes + MOST_LISTED_BYTES });
      await exportTree(git, commit, { folder: tree, path: this.#location.path, limits: this.#limits });
      await moveInto(tree, join(folder, commit));
      const isRewritten = before === null ? false : await this.#isRewritten(repository, ref, before);
      return { commit, isRewritten };
    } finally {
      await rm(repository, { recursive: true, force: true });
    }
  }

  /** What was left out is not there: git would fetch it as soon as it is looked at. */
  async #forgetFilter(repository: string): Promise<void> {
    const args = ['config', '--remove-section', `remote.${REMOTE}`];
    await this.#run(repository, this.#limits.lookMs, args).catch((error: unknown) => {
      // A server that knows no filters left nothing out.
      if (!(error instanceof GitError)) throw error;
    });
  }

  async #fetch(repository: string, limitMs: Millis, ref: string, options: readonly string[]): Promise<void> {
    const { url } = this.#location;
    const fixed = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--force'];
    const packs = join(repository, 'objects', 'pack');
    const watchdog = async (): Promise<string | null> =>
      (await sizeOf(packs)) > this.#limits.fetchBytes
        ? `brought more than ${formatSize(this.#limits.fetchBytes)}, expected a smaller repository`
        : null;
    const args = ['fetch', ...fixed, ...options, '--', REMOTE, `${ref}:${FETCHED}`];
    await this.#run(repository, limitMs, args, { watchdog, settings: [`remote.${REMOTE}.url=${url}`] });
    const objection = await watchdog();
    if (objection !== null) throw new GitError(`git fetch ${objection}`, true);
  }

  /** Only for operators to know: whatever goes wrong here is no failure. */
  async #isRewritten(repository: string, ref: string, before: string): Promise<boolean | null> {
    const { lookMs } = this.#limits;
    try {
      await this.#fetch(repository, lookMs, ref, [`--depth=${ANCESTORS}`, '--filter=tree:0']);
      const known = await this.#run(repository, lookMs, ['rev-list', `--max-count=${ANCESTORS}`, FETCHED]);
      if (known.toString('utf8').split('\n').includes(before)) return false;
      const isPart = await this.#run(repository, lookMs, ['rev-parse', '--is-shallow-repository']);
      return isPart.toString().trim() === 'true' ? null : true;
    } catch {
      return null;
    }
  }

  async #run(
    folder: string,
    limitMs: Millis,
    args: readonly string[],
    more: Pick<GitRun, 'input' | 'settings' | 'watchdog'> & { readonly mostBytes?: number } = {},
  ): Promise<Buffer> {
    const credential = await this.#credential();
    const { signal } = this.#stopping;
    return runGit({ folder, limitMs, arguments: args, mostBytes: MOST_LISTED_BYTES, signal, credential, ...more });
  }
}

/** In one step: a folder of a commit's name is whole. One that is there already is the same. */
async function moveInto(tree: string, place: string): Promise<void> {
  try {
    await rename(tree, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error;
  }
}

/** Bytes of the files in a folder; 0 where there is none. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
