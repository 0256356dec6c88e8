/** The command `git`, with nothing in its surroundings that could make it ask, run something else, or write elsewhere. */
import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Millis } from '../../brand.ts';

export interface GitRun {
  readonly arguments: readonly string[];
  /** Besides those of every run: `name=value`. */
  readonly settings?: readonly string[];
  readonly folder: string;
  readonly limitMs: Millis;
  /** Of what it prints. */
  readonly mostBytes: number;
  readonly input?: string;
  readonly credential?: GitCredential | null;
  readonly signal?: AbortSignal;
  /** Asked now and then while it runs: why it must not go on; null: it may. */
  readonly watchdog?: () => Promise<string | null>;
}

export interface GitCredential {
  readonly username: string;
  readonly password: string;
}

/** What `git` said. Its message is a sentence for operators. */
export class GitError extends Error {
  /** It is about what a commit holds: trying again would not help. */
  readonly isFinal: boolean;

  constructor(message: string, isFinal = false) {
    super(message);
    this.isFinal = isFinal;
  }
}

const WATCHDOG_EVERY_MS = 100;
const MOST_ERROR_LETTERS = 4096;
const LONGEST_QUOTE = 300;

/** Of the gateway's environment: what leads to the network and to the keys. Not what would lead git to another repository. */
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_CONFIG_HOME|SSH_AUTH_SOCK|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|GIT_(SSL_\w+|SSH|SSH_COMMAND|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)))$/i;

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.symlinks=false',
  'protocol.ext.allow=never',
  'fetch.recurseSubmodules=false',
  // Everything that comes goes through one pack whose growth can be watched.
  'fetch.unpackLimit=1',
  'gc.auto=0',
  'maintenance.auto=false',
];

/** The credential reaches git, and what git starts, by the environment: command lines are for everybody to read. */
const CREDENTIAL_HELPER =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$PENSTOCK_GIT_USERNAME" "$PENSTOCK_GIT_PASSWORD"; }; f';

/**
 * Runs git to its end and resolves to what it printed.
 *
 * @throws GitError when it fails, takes too long or prints too much, and when there is none
 */
export function runGit(run: GitRun): Promise<Buffer> {
  const { credential = null, settings: own = [] } = run;
  const helper = credential === null ? [] : ['credential.helper=', `credential.helper=${CREDENTIAL_HELPER}`];
  const settings = [...SETTINGS, ...own, ...helper].flatMap((setting) => ['-c', setting]);
  const child = spawn('git', [...settings, ...run.arguments], {
    cwd: run.folder,
    env: environment(credential),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: what it starts (ssh, a transport) must end with it.
    detached: true,
  });
  return new GitProcess(child, run).done;
}

class GitProcess {
  readonly done: Promise<Buffer>;
  readonly #child: ChildProcess;
  readonly #run: GitRun;
  #failure: string | null = null;

  constructor(child: ChildProcess, run: GitRun) {
    this.#child = child;
    this.#run = run;
    this.done = this.#toItsEnd();
  }

  async #toItsEnd(): Promise<Buffer> {
    const { limitMs, input, signal } = this.#run;
    const { stdin, stdout, stderr } = this.#child;
    const limit = setTimeout(() => this.#kill(`took longer than ${limitMs / 1000} s`), limitMs);
    const watching = setInterval(() => void this.#ask(), WATCHDOG_EVERY_MS);
    const onAbort = (): void => this.#kill('was ended because the gateway stops');
    signal?.addEventListener('abort', onAbort);
    // It may end before it has read everything.
    stdin!.on('error', () => {}).end(input ?? '');
    const ended = new Promise<number | null>((resolve, reject) => {
      this.#child.once('error', () => reject(new GitError('the command git cannot be run, expected it on the PATH')));
      this.#child.once('close', resolve);
    });
    try {
      if (signal?.aborted === true) onAbort();
      const [code, printed, complaint] = await Promise.all([ended, this.#collect(stdout!), text(stderr!)]);
      if (this.#failure !== null) throw new GitError(`git ${this.#run.arguments[0]} ${this.#failure}`);
      if (code !== 0) throw new GitError(`git ${this.#run.arguments[0]} failed: ${this.#sentenceOf(complaint)}`);
      return printed;
    } finally {
      clearTimeout(limit);
      clearInterval(watching);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of stream) {
      bytes += piece.length;
      if (bytes <= this.#run.mostBytes) pieces.push(piece);
      else this.#kill(`printed more than ${this.#run.mostBytes} bytes`);
    }
    return Buffer.concat(pieces);
  }

  async #ask(): Promise<void> {
    const objection = (await this.#run.watchdog?.()) ?? null;
    if (objection !== null) this.#kill(objection);
  }

  #kill(why: string): void {
    this.#failure ??= why;
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }

  /** What went wrong is in the lines that begin with `fatal:` or `error:`, or else in the last. */
  #sentenceOf(complaint: string): string {
    const lines = complaint
      .slice(-MOST_ERROR_LETTERS)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    const told = lines.filter((line) => /^(fatal|error|remote): /.test(line));
    const sentence =
      (told.length > 0 ? told : lines.slice(-1)).join('; ').slice(0, LONGEST_QUOTE) || 'it did not say why';
    const password = this.#run.credential?.password ?? '';
    return password === '' ? sentence : sentence.replaceAll(password, '***');
  }
}

function environment(credential: GitRun['credential']): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
  return {
    ...{ GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=10' },
    ...Object.fromEntries(inherited),
    ...{ LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', SSH_ASKPASS: 'true' },
    ...{ GIT_ALLOW_PROTOCOL: 'file:https:ssh', GIT_OPTIONAL_LOCKS: '0' },
    ...(credential == null
      ? {}
      : { PENSTOCK_GIT_USERNAME: credential.username, PENSTOCK_GIT_PASSWORD: credential.password }),
  };
}
