import { createHash } from 'node:crypto';
import type { CompiledConsumer } from '../config/compiled.ts';

/** Who may ask, as the config names them: what identities are looked up in. */

/** An identity that a request was found to have. */
export interface Consumer {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Everyone in the config. Lookups take the same time whoever is asked for. */
export interface Consumers {
  byName(name: string): Consumer | null;
  /** Whose API key this is. */
  byKey(key: string): Consumer | null;
  /** Whose token this is, by its subject claim. */
  bySubject(subject: string): Consumer | null;
  /** The hashes of a consumer's passwords; empty: none. */
  passwordsOf(name: string): readonly string[];
}

/** The consumers of one snapshot. */
export class ConsumerTable implements Consumers {
  readonly #byName = new Map<string, CompiledConsumer>();
  readonly #byKeyDigest = new Map<string, Consumer>();
  readonly #bySubject = new Map<string, Consumer>();

  constructor(consumers: readonly CompiledConsumer[]) {
    for (const consumer of consumers) {
      this.#byName.set(consumer.name, consumer);
      for (const digest of consumer.keyDigests) this.#byKeyDigest.set(digest, consumer);
      for (const subject of consumer.subjects) this.#bySubject.set(subject, consumer);
    }
  }

  byName(name: string): Consumer | null {
    return this.#byName.get(name) ?? null;
  }

  /** The digest is what is compared: how far a wrong one agrees with a right one says nothing of the key. */
  byKey(key: string): Consumer | null {
    return this.#byKeyDigest.get(createHash('sha256').update(key, 'utf8').digest('hex')) ?? null;
  }

  bySubject(subject: string): Consumer | null {
    return this.#bySubject.get(subject) ?? null;
  }

  passwordsOf(name: string): readonly string[] {
    return this.#byName.get(name)?.passwords ?? [];
  }
}
