/**
 * Finds the entries of a HAR document without holding the document: only one entry at a time is kept.
 *
 *   { "log": { "version": ..., "entries": [ {...}, {...} ], "pages": [...] } }
 *     depth 1  depth 2            depth 3    depth 4 and deeper: one entry
 *
 * Bytes are looked at one by one, in three states: in a string, behind a backslash in one, or outside. Nothing but the nesting is
 * checked here; each entry is parsed as JSON by whoever gets it.
 */

/** An entry with its bodies may take this much: 64 MiB. */
export const MAX_ENTRY_BYTES = 64 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LIST_OPEN = 0x5b;
const LIST_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
const LOG_DEPTH = 2;
const ENTRIES_DEPTH = 3;
/** Longer keys than `entries` need not be known. */
const KEY_BYTES = 16;

export interface HarEntry {
  /** Null: it is longer than the limit. */
  readonly text: string | null;
  readonly bytes: number;
  /** Whether the document went on behind it. */
  readonly isWhole: boolean;
}

/** Fed the document piece by piece; gives the entries that each piece completes. */
export class HarEntryFinder {
  /** Whether the list of entries has been seen. */
  hasEntries = false;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isInLog = false;
  #isInEntries = false;
  /** Last string outside of entries: before a list or an object it is the key that this stands under. */
  #key: number[] = [];
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  read(chunk: Uint8Array): HarEntry[] {
    const found: HarEntry[] = [];
    let from = this.#isInEntry() ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#isInString) {
        this.#readInString(byte);
        continue;
      }
      const wasInEntry = this.#isInEntry();
      this.#readOutside(byte);
      const isInEntry = this.#isInEntry();
      if (!wasInEntry && isInEntry) from = at;
      if (wasInEntry && !isInEntry) {
        this.#keep(chunk.subarray(from, at + 1));
        found.push(this.#take(true));
        from = -1;
      }
    }
    if (from !== -1) this.#keep(chunk.slice(from));
    return found;
  }

  /** What had begun when the document ended. */
  end(): HarEntry | null {
    return this.#bytes > 0 ? this.#take(false) : null;
  }

  #isInEntry(): boolean {
    return this.#isInEntries && this.#depth > ENTRIES_DEPTH;
  }

  #readInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
    else if (!this.#isInEntries && this.#key.length < KEY_BYTES) this.#key.push(byte);
  }

  #readOutside(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#isInString = true;
        this.#key = this.#isInEntries ? this.#key : [];
        return;
      case LIST_OPEN:
      case OBJECT_OPEN:
        this.#depth++;
        if (this.#depth <= ENTRIES_DEPTH) this.#open(byte);
        return;
      case LIST_CLOSE:
      case OBJECT_CLOSE:
        this.#depth = Math.max(0, this.#depth - 1);
        if (this.#depth < ENTRIES_DEPTH) this.#isInEntries = false;
    }
  }

  #open(byte: number): void {
    const key = String.fromCharCode(...this.#key);
    if (this.#depth === LOG_DEPTH) this.#isInLog = byte === OBJECT_OPEN && key === 'log';
    if (this.#depth !== ENTRIES_DEPTH) return;
    this.#isInEntries = this.#isInLog && byte === LIST_OPEN && key === 'entries';
    this.hasEntries ||= this.#isInEntries;
  }

  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes <= MAX_ENTRY_BYTES) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  #take(isWhole: boolean): HarEntry {
    const bytes = this.#bytes;
    const text = bytes <= MAX_ENTRY_BYTES ? Buffer.concat(this.#pieces).toString('utf8') : null;
    this.#pieces = [];
    this.#bytes = 0;
    return { text, bytes, isWhole };
  }
}
