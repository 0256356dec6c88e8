import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Numbering } from '../publisher.ts';
import { type HistoryEntry, isLive } from './history-entry.ts';
import { replaceFile } from './snapshot-files.ts';

const FORMAT = 1;
const FILE = 'index.json';
/** Of each kind: what went live, and what did not. */
const MOST_ENTRIES = 250;

/** What a history knows beside its snapshots. */
export interface HistoryIndex {
  readonly entries: readonly HistoryEntry[];
  /** Id of the snapshot that was live last; null: none was. */
  readonly live: string | null;
  readonly numbering: Numbering | null;
  /** Names the numbering. */
  readonly lineage: string;
}

interface Stored {
  readonly format: number;
  /** SHA-256 of the index as JSON: a bit that flipped may leave valid JSON behind. */
  readonly digest: string;
  readonly index: HistoryIndex;
}

/** Of a history that begins. */
export function emptyIndex(): HistoryIndex {
  return { entries: [], live: null, numbering: null, lineage: randomBytes(4).toString('hex') };
}

/** Null for an index that is damaged, or another version's: what the snapshots of before mean is not known without it. */
export async function readIndex(folder: string): Promise<HistoryIndex | null> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? emptyIndex() : null;
  }
  try {
    const { format, digest, index } = JSON.parse(text) as Stored;
    return format === FORMAT && digest === digestOf(JSON.stringify(index)) ? index : null;
  } catch {
    return null;
  }
}

/** @throws Error of the system when the disk refuses; the index of before is there then */
export async function writeIndex(folder: string, index: HistoryIndex): Promise<void> {
  const text = JSON.stringify(index);
  await replaceFile(join(folder, FILE), `{"format":${FORMAT},"digest":"${digestOf(text)}","index":${text}}`);
}

/**
 * Adds an entry, and drops the oldest of its kind when there are too many: a source that is refused every minute for a day must
 * not push out what there is to go back to.
 */
export function withEntry(entries: readonly HistoryEntry[], added: HistoryEntry): readonly HistoryEntry[] {
  const isOfItsKind = ({ event }: HistoryEntry): boolean => isLive(event) === isLive(added.event);
  const isFull = entries.filter(isOfItsKind).length >= MOST_ENTRIES;
  const dropped = isFull ? entries.findIndex(isOfItsKind) : -1;
  return [...entries.filter((_, index) => index !== dropped), added];
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
