import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis } from '../../brand.ts';
import type { ConfigInput } from '../../config/inputs.ts';
import type { ConfigSource, FetchedConfig, PushTarget, SourceState, SourceWatcher } from '../config-source.ts';
import type { GitLocation } from './git-location.ts';
import { FETCH_PREFIX, type GitRemote, type Tip } from './git-remote.ts';
import { Looks } from './looks.ts';
import { GitError } from './run-git.ts';
import { hasSameInputs } from './same-inputs.ts';

/** Folders of commits that are kept besides that of what is live: what was gone back to may name files in them. */
const MOST_TREES = 10;
/** Of a commit's id, what people know it by. */
const LABEL_LETTERS = 12;

export interface GitSourceOptions {
  readonly location: GitLocation;
  readonly remote: GitRemote;
  /** Where the files of commits lie, one folder each; for this source alone. */
  readonly folder: string;
  readonly pollMs: Millis;
  /** Null: pushes are not told of. */
  readonly pushSecret: (() => Promise<string>) | null;
}

/** A config in a Git repository: looked at now and then and when somebody has pushed, fetched when its ref has moved. */
export class GitSource implements ConfigSource {
  readonly description: string;
  readonly push: PushTarget | null;
  readonly #options: GitSourceOptions;
  readonly #looks: Looks;
  #watcher: SourceWatcher | null = null;
  #answeredAt: Date | null = null;
  /** Where the ref stood when it was last looked at. */
  #tip: string | null = null;
  /** It does not answer, or its commit does not come. */
  #unreachable: SourceState['unreachable'] = null;
  /** The commit that was fetched last; null: none. */
  #fetched: string | null = null;
  /** What was told of, or need not be: it was fetched, or cannot be used however often it is. */
  #known: string | null = null;
  #compiled: { readonly commit: string; readonly inputs: readonly ConfigInput[] } | null = null;
  #liveLabel: string | null = null;
  #isPrepared = false;

  constructor(options: GitSourceOptions) {
    const { url, ref, path } = options.location;
    this.description = `${url}#${ref}:${path}`;
    this.#options = options;
    const { pushSecret } = options;
    this.push = pushSecret === null ? null : { secret: pushSecret, onPush: (ref) => this.#onPush(ref) };
    this.#looks = new Looks(options.pollMs, () => this.#look());
  }

  get state(): SourceState {
    const label = this.#tip === null ? null : labelOf(this.#tip);
    return { answeredAt: this.#answeredAt, label, unreachable: this.#unreachable };
  }

  async fetch(): Promise<FetchedConfig> {
    let tip: Tip | null = null;
    try {
      tip = await this.#ask();
      const commit = await this.#bring(tip);
      this.#looks.fetchFailures = 0;
      this.#tip = commit;
      this.#known = commit;
      this.#fetched = commit;
      this.#unreachable = null;
      await this.#removeOldest(commit);
      return await this.#describe(commit);
    } catch (error) {
      this.#fetchFailed(error as Error, tip);
      throw error;
    }
  }

  compiledFrom(inputs: readonly ConfigInput[]): void {
    this.#compiled = { commit: this.#fetched!, inputs };
  }

  isLive(label: string | null): void {
    this.#liveLabel = label;
  }

  watch(watcher: SourceWatcher): void {
    this.#watcher = watcher;
    this.#looks.begin();
  }

  close(): void {
    this.#looks.close();
    this.#options.remote.close();
  }

  #onPush(ref: string | null): boolean {
    const { ref: own } = this.#options.location;
    if (ref !== null && ![own, `refs/heads/${own}`, `refs/tags/${own}`].includes(ref)) return false;
    this.#looks.soon();
    return true;
  }

  /** Whether the repository answered. */
  async #look(): Promise<boolean> {
    const { onChange, report } = this.#watcher!;
    try {
      const { name, commit } = await this.#ask();
      if (this.#unreachable !== null) report(`${this.description} can be reached again`);
      this.#unreachable = null;
      if (commit === this.#known) return true;
      this.#known = commit;
      onChange({ kind: 'git', who: null, why: `${name} stands at ${labelOf(commit)}` });
      return true;
    } catch (error) {
      const { message } = error as Error;
      if (this.#unreachable === null) report(`${this.description} cannot be reached, what runs goes on. ${message}`);
      this.#unreachable = { at: this.#unreachable?.at ?? new Date(), message };
      return false;
    }
  }

  async #ask(): Promise<Tip> {
    await this.#prepareFolder();
    const tip = await this.#options.remote.tip(this.#options.folder);
    this.#answeredAt = new Date();
    this.#tip = tip.commit;
    return tip;
  }

  /** Has the files of a commit in their folder. @returns the commit: the ref may have moved on since it was asked for */
  async #bring({ name, commit }: Tip): Promise<string> {
    const { remote, folder } = this.#options;
    const before = this.#fetched;
    if (existsSync(join(folder, commit)) && (before === null || before === commit)) return commit;
    const fetched = await remote.fetch(name, folder, before);
    if (fetched.isRewritten === true)
      this.#watcher?.report(
        `the history of ${name} was rewritten: ${labelOf(before!)} is no part of that of ${labelOf(fetched.commit)}, which is followed`,
      );
    return fetched.commit;
  }

  async #describe(commit: string): Promise<FetchedConfig> {
    const { folder, location } = this.#options;
    const root = join(folder, commit);
    const path = join(root, location.path);
    const compiled = this.#compiled;
    const before = compiled === null ? '' : `${join(folder, compiled.commit)}/`;
    const whereNow = (file: string): string => (file.startsWith(before) ? join(root, file.slice(before.length)) : file);
    const isUnchanged = compiled !== null && (await hasSameInputs(compiled.inputs, path, whereNow));
    return { path, label: labelOf(commit), root, isUnchanged };
  }

  #fetchFailed(error: Error, tip: Tip | null): void {
    if (error instanceof GitError && error.isFinal && tip !== null) {
      this.#known = tip.commit;
      return;
    }
    this.#known = null;
    this.#looks.fetchFailures++;
    this.#unreachable = { at: this.#unreachable?.at ?? new Date(), message: error.message };
  }

  async #prepareFolder(): Promise<void> {
    if (this.#isPrepared) return;
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Of a gateway that was killed while it fetched.
    for (const name of await readdir(folder)) if (name.startsWith(FETCH_PREFIX)) await removeFolder(join(folder, name));
    this.#isPrepared = true;
  }

  async #removeOldest(newest: string): Promise<void> {
    const { folder } = this.#options;
    const names = (await readdir(folder)).filter((name) => !name.startsWith(FETCH_PREFIX));
    const trees = await Promise.all(
      names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
    );
    for (const { name } of trees.toSorted((a, b) => b.at - a.at).slice(MOST_TREES))
      if (name !== newest && labelOf(name) !== this.#liveLabel) await removeFolder(join(folder, name));
  }
}

function labelOf(commit: string): string {
  return commit.slice(0, LABEL_LETTERS);
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
