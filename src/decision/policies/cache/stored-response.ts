import type { HeaderSource } from '../../header-changes.ts';
import type { CacheControl } from './cache-control.ts';

/** What an entry takes beside its body and its texts: objects, a place in two indexes. */
const OVERHEAD_BYTES = 512;

/** A complete response to a GET, as the store keeps it. Nothing of it changes: a newer one takes its place. */
export class StoredResponse implements HeaderSource {
  readonly status: number;
  /** Lower-case names and values alternate; without Age, Date and whatever belongs to one exchange. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Date of the response, or when it arrived. */
  readonly date: string | null;
  readonly control: CacheControl;
  /** From the moment it was made, in milliseconds. */
  readonly lifetimeMs: number;
  /** How old it was when it arrived. */
  readonly initialAgeMs: number;
  /** When it arrived, by the monotonic clock. */
  readonly receivedAt: number;
  /** Names of the headers it varies by, and their values in the request it answered. */
  readonly varyNames: readonly string[];
  readonly varyValues: string;
  readonly surrogateKeys: readonly string[];
  readonly bytes: number;

  constructor(parts: Omit<StoredResponse, 'bytes' | 'header' | 'ageMs'>) {
    this.status = parts.status;
    this.headers = parts.headers;
    this.body = parts.body;
    this.date = parts.date;
    this.control = parts.control;
    this.lifetimeMs = parts.lifetimeMs;
    this.initialAgeMs = parts.initialAgeMs;
    this.receivedAt = parts.receivedAt;
    this.varyNames = parts.varyNames;
    this.varyValues = parts.varyValues;
    this.surrogateKeys = parts.surrogateKeys;
    const texts = [...parts.headers, ...parts.surrogateKeys, parts.varyValues];
    this.bytes = texts.reduce((sum, text) => sum + text.length + 16, parts.body.length + OVERHEAD_BYTES);
  }

  header(name: string): string | null {
    if (name === 'date') return this.date;
    let joined: string | null = null;
    for (let i = 0; i < this.headers.length; i += 2) {
      if (this.headers[i] === name)
        joined = joined === null ? this.headers[i + 1]! : `${joined}, ${this.headers[i + 1]}`;
    }
    return joined;
  }

  /** `current_age` of RFC 9111, section 4.2.3. @param now by the monotonic clock */
  ageMs(now: number): number {
    return this.initialAgeMs + Math.max(0, now - this.receivedAt);
  }
}
