import { createHash, timingSafeEqual } from 'node:crypto';
import type { CompiledConsumer } from '../config/compiled.ts';
import { type ClientCertificate, identifyingNames } from './client-certificate.ts';
import { DECOY_PASSWORD, decoyLike } from './passwords.ts';

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
  /** Whose certificate this is. */
  byCertificate(certificate: ClientCertificate): Consumer | null;
  /** The hashes of a consumer's passwords; empty: none. */
  passwordsOf(name: string): readonly string[];
  /** Hashes that no password fits, and that take as long to check as those of a consumer: for users who are none. */
  readonly decoyPasswords: readonly string[];
}

interface KeyOwner {
  readonly digest: Buffer;
  readonly consumer: Consumer;
}

/** The consumers of one snapshot. */
export class ConsumerTable implements Consumers {
  readonly #byName = new Map<string, CompiledConsumer>();
  readonly #byKeyDigest = new Map<string, KeyOwner>();
  readonly #bySubject = new Map<string, Consumer>();
  readonly #byCertificate = new Map<string, Consumer>();

  readonly decoyPasswords: readonly string[];

  constructor(consumers: readonly CompiledConsumer[]) {
    const model = consumers.find(({ passwords }) => passwords.length > 0)?.passwords[0];
    this.decoyPasswords = [model === undefined ? DECOY_PASSWORD : decoyLike(model)];
    for (const consumer of consumers) {
      this.#byName.set(consumer.name, consumer);
      for (const digest of consumer.keyDigests)
        this.#byKeyDigest.set(digest, { digest: Buffer.from(digest, 'hex'), consumer });
      for (const name of consumer.certificates) this.#byCertificate.set(name, consumer);
      for (const subject of consumer.subjects) this.#bySubject.set(subject, consumer);
    }
  }

  byName(name: string): Consumer | null {
    return this.#byName.get(name) ?? null;
  }

  /**
   * How long the lookup takes can depend only on how far the digest of a guess agrees with that of a key. Nobody can choose a guess
   * by its digest, and a digest that agrees halfway says nothing of the key: so the lookup needs no constant time. The whole
   * digest, and not only what a map happens to look at, is then compared in constant time.
   */
  byKey(key: string): Consumer | null {
    const digest = createHash('sha256').update(key, 'utf8').digest();
    const owner = this.#byKeyDigest.get(digest.toString('hex'));
    return owner !== undefined && timingSafeEqual(digest, owner.digest) ? owner.consumer : null;
  }

  bySubject(subject: string): Consumer | null {
    return this.#bySubject.get(subject) ?? null;
  }

  byCertificate(certificate: ClientCertificate): Consumer | null {
    for (const name of identifyingNames(certificate)) {
      const consumer = this.#byCertificate.get(name);
      if (consumer !== undefined) return consumer;
    }
    return null;
  }

  passwordsOf(name: string): readonly string[] {
    return this.#byName.get(name)?.passwords ?? [];
  }
}
