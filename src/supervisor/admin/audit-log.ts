import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_AUDIT } from '../../config/schema/admin.ts';
import type { Config } from '../../config/schema/schema.ts';
import { Sequence } from '../sequence.ts';
import type { Role } from './admin-access.ts';

/**
 * One line of the audit log. A request that is carried out has two of the same number: one before it is, so that nothing happens
 * that nobody can read of later, and one with what came of it. A request that is refused has one.
 */
export interface AuditLine {
  /** ISO 8601. */
  readonly at: string;
  /** Counts up from the start of the gateway. */
  readonly request: number;
  /** Name of the token; null: nobody had to show one, or it was none of ours. */
  readonly who: string | null;
  readonly role: Role | null;
  /** Address of the client; null on a unix socket. */
  readonly from: string | null;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The body; null: there was none, or it was not understood. */
  readonly what: unknown;
  readonly why: string | null;
  /** `begun`, then `done` or the code of an error, as in the answer. */
  readonly outcome: string;
  /** Of the answer; null: it has not been given. */
  readonly status: number | null;
  /** Lines about requests of strangers that were left out before this one, because there were too many. */
  readonly leftOut: number;
}

const PRIVATE_FILE = 0o600;
const USUAL_NAME = 'audit.ndjson';

/** @param folder of the gateway's state; @returns null where none is wanted */
export function auditLogOf({ audit }: Config['admin'], folder: string): AuditLog | null {
  return audit === NO_AUDIT ? null : new AuditLog(audit ?? join(folder, USUAL_NAME));
}

/**
 * JSON lines, appended to a file that is opened for each: whoever rotates it needs to tell nobody. A line is one write; after one
 * that the disk took in part, the next begins a line of its own.
 */
export class AuditLog {
  readonly path: string;
  readonly #writes = new Sequence();
  #isTorn = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Resolves when the line is written. @throws Error in a sentence when it could not be, not as a whole */
  async write(line: AuditLine): Promise<void> {
    const failure = await this.#writes.run(() => this.#append(`${JSON.stringify(line)}\n`));
    if (failure !== null) throw new Error(`the audit log ${this.path} cannot be written: ${failure}`);
  }

  async #append(text: string): Promise<string | null> {
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text);
    try {
      const file = await open(this.path, 'a', PRIVATE_FILE);
      try {
        const { bytesWritten } = await file.write(bytes);
        this.#isTorn = bytesWritten > 0 && bytesWritten < bytes.length;
        return bytesWritten === bytes.length ? null : 'the disk took only a part of the line';
      } finally {
        await file.close();
      }
    } catch (error) {
      return (error as Error).message;
    }
  }
}
