/** A real Git repository on disk. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lifetime } from './lifetime.ts';
import { tempDir } from './temp-dir.ts';

/** Nothing of the user's own settings. */
export const GIT_ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
} as const;

/** Content of files by path; a link to somewhere; null: it goes. */
export type Files = Readonly<Record<string, string | { readonly link: string } | null>>;

export class GitRepository {
  readonly path: string;

  constructor(lifetime: Lifetime) {
    this.path = tempDir(lifetime);
    this.git('init', '--quiet', '--initial-branch=main');
  }

  /** Commits a change of files. Returns the commit's id. */
  commit(files: Files): string {
    this.#write(files);
    this.git('commit', '--quiet', '--allow-empty', '--message=x');
    return this.head;
  }

  /** Puts another commit in the place of the newest. */
  amend(files: Files): string {
    this.#write(files);
    this.git('commit', '--quiet', '--amend', '--message=y');
    return this.head;
  }

  get head(): string {
    return this.git('rev-parse', 'HEAD').trim();
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, {
      cwd: this.path,
      env: { ...process.env, ...GIT_ENVIRONMENT },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  #write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.path, name);
      rmSync(path, { force: true });
      if (content === null) continue;
      mkdirSync(dirname(path), { recursive: true });
      if (typeof content === 'string') writeFileSync(path, content);
      else symlinkSync(content.link, path);
    }
    this.git('add', '--all');
  }
}
