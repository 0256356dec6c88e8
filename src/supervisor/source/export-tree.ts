/**
 * The files of a commit, written by ourselves: no filter of the repository runs, no link is made, and nothing is written outside the
 * folder, whatever the tree says.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatSize } from '../../config/units.ts';
import { isInside } from './git-location.ts';
import { GitError } from './run-git.ts';

export interface TreeLimits {
  readonly treeBytes: number;
  readonly treeFiles: number;
}

interface Entry {
  readonly mode: string;
  readonly id: string;
  readonly path: string;
  /** NaN: it was not sent. */
  readonly bytes: number;
}

const LINE_FEED = 0x0a;

/**
 * Writes what a commit holds, but for links, other repositories, and files that the server was asked not to send. Where the config is
 * among those, or is not there, that is an error.
 *
 * @param path of the config
 * @param git runs the command in the repository
 * @throws GitError a final one, also when the tree is too large or names what no tree may
 */
export async function exportTree(
  git: (args: readonly string[], input?: string) => Promise<Buffer>,
  commit: string,
  { folder, path, limits }: { folder: string; path: string; limits: TreeLimits },
): Promise<void> {
  const entries = parseTree(await git(['ls-tree', '-r', '-z', '-l', '--full-tree', commit]));
  const wanted = entries.filter((entry) => {
    const reason = whyLeftOut(entry);
    if (reason !== null && isAbout(entry.path, path)) throw new GitError(`${entry.path} of the commit ${reason}`, true);
    return reason === null;
  });
  if (!wanted.some((entry) => isAbout(entry.path, path)))
    throw new GitError(`the commit holds no ${path}, expected a config file or a directory of them`, true);
  refuseLarge(wanted, limits);
  const blobs = await git(['cat-file', '--batch', '--buffer'], wanted.map(({ id }) => `${id}\n`).join(''));
  await writeFiles(wanted, blobs, folder);
}

/** Whether one of the two is the other, or a folder that it lies in. */
function isAbout(path: string, config: string): boolean {
  return path === config || path.startsWith(`${config}/`) || config.startsWith(`${path}/`);
}

function parseTree(listing: Buffer): Entry[] {
  return listing
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [about, path = ''] = splitOnce(line, '\t');
      const [mode = '', , id = '', bytes = ''] = about.split(/ +/);
      if (!isInside(path))
        throw new GitError(`the commit holds the path ${JSON.stringify(path)}, which no commit may`, true);
      return { mode, id, path, bytes: Number(bytes) };
    });
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

function whyLeftOut({ mode, bytes }: Entry): string | null {
  if (mode === '120000') return 'is a symbolic link, which is not followed';
  if (mode === '160000') return 'is another repository, which is not fetched';
  return Number.isNaN(bytes) ? 'is larger than what is fetched' : null;
}

function refuseLarge(entries: readonly Entry[], { treeBytes, treeFiles }: TreeLimits): void {
  if (entries.length > treeFiles)
    throw new GitError(`the commit holds ${entries.length} files, expected at most ${treeFiles}`, true);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > treeBytes)
    throw new GitError(`the commit's files take ${formatSize(bytes)}, expected at most ${formatSize(treeBytes)}`, true);
}

/** @param blobs of `cat-file --batch`: for each a line `ID blob BYTES`, the content, and a line feed */
async function writeFiles(entries: readonly Entry[], blobs: Buffer, folder: string): Promise<void> {
  const made = new Set<string>();
  let at = 0;
  for (const { path, bytes } of entries) {
    const begin = blobs.indexOf(LINE_FEED, at) + 1;
    const file = join(folder, path);
    const parent = dirname(file);
    if (!made.has(parent)) await mkdir(parent, { recursive: true, mode: 0o700 });
    made.add(parent);
    await writeFile(file, blobs.subarray(begin, begin + bytes), { flag: 'wx', mode: 0o600 });
    at = begin + bytes + 1;
  }
}
