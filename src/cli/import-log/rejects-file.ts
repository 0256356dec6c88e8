/** Where rejected lines go that somebody wants to look at: NDJSON, one line for each. They are as the log has them, secrets included. */
import { type FileHandle, open } from 'node:fs/promises';
import type { LogRecord } from '../../recording/import/log-format.ts';

/** Text gathered for one write. */
const CHUNK_CHARACTERS = 64 * 1024;
/** For its owner alone: nothing in it is concealed. */
const MODE = 0o600;

export interface Rejects {
  readonly write: (file: string, record: LogRecord, reason: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const NOWHERE: Rejects = { write: async () => {}, close: async () => {} };

/** @param path null: nobody wants them @throws Error of the system when the file cannot be made */
export async function openRejects(path: string | null): Promise<Rejects> {
  if (path === null) return NOWHERE;
  const handle = await open(path, 'w', MODE);
  // One that was there already has the mode that it had.
  if ((await handle.stat()).isFile()) await handle.chmod(MODE);
  const file = new RejectsFile(handle);
  return { write: (log, record, reason) => file.write(log, record, reason), close: () => file.close() };
}

class RejectsFile {
  readonly #file: FileHandle;
  #chunk = '';

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(file: string, { place, text }: LogRecord, reason: string): Promise<void> {
    this.#chunk += `${JSON.stringify({ file, place, reason, text })}\n`;
    if (this.#chunk.length >= CHUNK_CHARACTERS) await this.#flush();
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = '';
    await this.#file.appendFile(chunk);
  }
}
