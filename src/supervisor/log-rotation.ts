import { rename, stat } from 'node:fs/promises';
import type { AccessLogTarget, LogRotationRules } from '../config/compiled-telemetry.ts';
import { gatewayLog } from '../telemetry/gateway-log.ts';

const LOOK_EVERY_MS = 1000;

/**
 * Moves the access log's file aside when it is large enough. Acceptors append to it all the while, and go on in a new one when
 * they are told:
 *
 *   file.4 ► file.5 ... file.1 ► file.2, file ► file.1, every acceptor: reopen ──► all have: look again
 *
 * A line written in between lands in `file.1`, which is the same file under its new name; and since nothing is moved before
 * the last acceptor has let go of it, none is lost, however few files are kept.
 */
export class LogRotation {
  readonly #reopen: () => Promise<void>;
  readonly #lookEveryMs: number;
  #file: string | null = null;
  #rules: LogRotationRules | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isFailing = false;

  /** @param reopen has every writer go on in a new file; resolves when none has the old one any more */
  constructor(reopen: () => Promise<void>, lookEveryMs: number = LOOK_EVERY_MS) {
    this.#reopen = reopen;
    this.#lookEveryMs = lookEveryMs;
  }

  /** Goes by this log from now on. */
  use(target: AccessLogTarget | null): void {
    this.#file = target?.file ?? null;
    this.#rules = target?.rotate ?? null;
    if (this.#rules === null) this.stop();
    else this.#timer ??= this.#later();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#rules = null;
  }

  #later(): NodeJS.Timeout {
    return setTimeout(() => void this.#look(), this.#lookEveryMs);
  }

  async #look(): Promise<void> {
    const [file, rules, timer] = [this.#file, this.#rules, this.#timer];
    try {
      if (file !== null && rules !== null && (await sizeOf(file)) >= rules.size) await this.#rotate(file, rules.keep);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) gatewayLog.warn(`the access log cannot be rotated: ${(error as Error).message}`);
      this.#isFailing = true;
    }
    // Stopped meanwhile, whatever has begun since.
    if (this.#timer === timer) this.#timer = this.#later();
  }

  async #rotate(file: string, keep: number): Promise<void> {
    for (let number = keep; number > 1; number--) await renameIfThere(`${file}.${number - 1}`, `${file}.${number}`);
    await renameIfThere(file, `${file}.1`);
    await this.#reopen();
    gatewayLog.debug('the access log goes on in a new file', { file });
  }
}

/** 0 when there is none: its writers make it. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
