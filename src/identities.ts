/**
 * Certificates with their keys, as the supervisor has read them and acceptors show them. They are no part of a snapshot: keys are
 * kept nowhere but in the memory of these processes, and going back to an earlier config does not bring back an expired certificate.
 */
import type { CompiledGlobals } from './config/compiled.ts';
import type { IdentityFiles } from './config/compiled-tls.ts';

/** What is in the files. PEM, one character a byte. */
export interface Identity extends IdentityFiles {
  /** The certificate, then those that lead to its authority. */
  readonly certPem: string;
  /** Secret: never printed, logged, or shown by the admin API. */
  readonly keyPem: string;
}

/** Those that are known, by their files. */
export class IdentityBook {
  readonly #byFiles = new Map<string, Identity>();

  put(identity: Identity): void {
    this.#byFiles.set(keyOf(identity), identity);
  }

  get(files: IdentityFiles): Identity | null {
    return this.#byFiles.get(keyOf(files)) ?? null;
  }

  /** Whether all that a config names is known. */
  covers(globals: Pick<CompiledGlobals, 'listeners' | 'upstreams'>): boolean {
    return identityFilesOf(globals).every((files) => this.get(files) !== null);
  }

  /** Forgets what none of these files hold. */
  keep(wanted: readonly IdentityFiles[]): void {
    const keys = new Set(wanted.map(keyOf));
    for (const key of this.#byFiles.keys()) if (!keys.has(key)) this.#byFiles.delete(key);
  }

  get all(): readonly Identity[] {
    return [...this.#byFiles.values()];
  }
}

/** The files of every identity that a config names, each once. */
export function identityFilesOf({
  listeners,
  upstreams,
}: Pick<CompiledGlobals, 'listeners' | 'upstreams'>): readonly IdentityFiles[] {
  const named: IdentityFiles[] = [
    ...listeners.flatMap(({ tls }) => tls?.certificates ?? []),
    ...upstreams.flatMap(({ tls }) => tls?.identity ?? []),
  ];
  return [...new Map(named.map(({ cert, key }) => [keyOf({ cert, key }), { cert, key }])).values()];
}

/** Paths hold no NUL. */
function keyOf({ cert, key }: IdentityFiles): string {
  return `${cert}\0${key}`;
}
