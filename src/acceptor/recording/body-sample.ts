import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import type { BodyTap } from '../../decision/decision.ts';

/** What a recording keeps of a body that streams by: its size and digest, and all of it where it is small. */
export class BodySample implements BodyTap {
  bytes = 0;
  /** SHA-256 in hex; null until the body is complete. */
  digest: string | null = null;
  /** A body up to this size is kept whole. */
  readonly keptBytes: number;
  readonly #hash: Hash = createHash('sha256');
  #kept: Buffer[] | null;

  constructor(keptBytes: number) {
    this.keptBytes = keptBytes;
    this.#kept = keptBytes === 0 ? null : [];
  }

  onChunk(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
    if (this.bytes > this.keptBytes) this.#kept = null;
    else this.#kept?.push(Buffer.from(chunk));
  }

  onComplete(): void {
    this.digest = this.#hash.digest('hex');
  }

  /** The whole body; null: it is too large, not complete, or no text. */
  text(): string | null {
    if (this.#kept === null || this.digest === null) return null;
    const whole = Buffer.concat(this.#kept);
    return isUtf8(whole) ? whole.toString('utf8') : null;
  }
}
