import { createHmac } from 'node:crypto';
import type { ConfigText } from '../../config/source/read-source.ts';
import type { CompileSuccess } from '../../offload/protocol.ts';

/** A compiled config with what there is to know of it: what is published, kept, and gone back to. */
export interface ConfigSnapshot extends Pick<CompileSuccess, 'image' | 'globals' | 'settings' | 'routes'> {
  /** Follows from its content: the same config compiled again has the same id. */
  readonly id: string;
  /** Of the numbering it was compiled with: its numbers mean nothing in another. */
  readonly lineage: string;
  /** Where it came from: a path, or the URL of a repository. */
  readonly source: string;
  /** What its author calls it: a commit id; null: nothing. */
  readonly label: string | null;
  /** The files it was compiled from, references not resolved. */
  readonly texts: readonly ConfigText[];
}

/** Of the whole digest, what tells one snapshot from another among those that are ever seen side by side. */
const ID_LETTERS = 12;

export const SNAPSHOT_ID = /^[0-9a-f]{12}$/;

/**
 * The id of a compiled config: a keyed digest, since what is digested holds secrets, and an id is shown to everybody.
 *
 * @param key of this gateway's history
 */
export function identify(key: Uint8Array, { image, settings }: Pick<CompileSuccess, 'image' | 'settings'>): string {
  const digest = createHmac('sha256', key).update(new Uint8Array(image)).update(JSON.stringify(settings));
  return digest.digest('hex').slice(0, ID_LETTERS);
}

/** A compiled config as a snapshot of the gateway whose history has this key and this lineage. */
export function snapshotOf(
  { image, globals, settings, routes, texts }: CompileSuccess,
  label: string | null,
  source: string,
  { key, lineage }: { readonly key: Uint8Array; readonly lineage: string },
): ConfigSnapshot {
  return { id: identify(key, { image, settings }), image, globals, settings, routes, texts, label, source, lineage };
}
