/**
 * Snapshots on disk, one file each, named by their ids. They hold every secret that the config refers to, resolved: the folder
 * and its files are for the gateway's user alone.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import { Packr, Unpackr } from 'msgpackr';
import type { ConfigText } from '../../config/source/read-source.ts';
import { ConfigImage } from '../../shared-memory/config-image.ts';
import { checked, withDigest } from './checked-bytes.ts';
import type { ConfigSnapshot } from './config-snapshot.ts';

/** Raised with every change to what a file holds; another one is not read. */
const FORMAT = 2;
const SUFFIX = '.snapshot';
/** Of a file that is being written. */
const UNFINISHED = '.new';
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

const compress = promisify(gzip);
const decompress = promisify(gunzip);
/** Config text becomes a tenth of itself however little is tried, and processor time is the acceptors'. */
const COMPRESSION = { level: constants.Z_BEST_SPEED };

interface Stored extends Omit<ConfigSnapshot, 'image' | 'globals'> {
  readonly format: number;
  readonly image: Uint8Array;
  /** Their bytes are compressed (gzip). */
  readonly texts: readonly ConfigText[];
}

export interface SnapshotFile {
  readonly id: string;
  readonly bytes: number;
}

/** Replaces a file in one step, on disk before it has its name: whoever reads sees the old one or the new one, whole. */
export async function replaceFile(path: string, ...pieces: readonly (Uint8Array | string)[]): Promise<void> {
  const temporary = `${path}${UNFINISHED}`;
  const file = await open(temporary, 'w', PRIVATE_FILE);
  try {
    for (const piece of pieces) await file.appendFile(piece);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path);
}

/** A folder of snapshots. Every method throws the Error of the system when the disk refuses. */
export class SnapshotFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async create(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: PRIVATE_FOLDER });
  }

  /** Removes what a gateway that was killed had not finished to write. Only its owner may do that to a folder. */
  async clear(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(UNFINISHED));
    for (const name of names) await rm(join(this.#folder, name), { force: true });
  }

  async write({ globals: _, image, texts, ...rest }: ConfigSnapshot): Promise<void> {
    const compressed = await convert(texts, (bytes) => compress(bytes, COMPRESSION));
    const stored: Stored = { ...rest, texts: compressed, format: FORMAT, image: new Uint8Array(image) };
    await replaceFile(this.#pathOf(rest.id), ...withDigest(new Packr({ useRecords: false }).pack(stored)));
  }

  /** @throws Error also when the file is another version's, or damaged */
  async read(id: string): Promise<ConfigSnapshot> {
    const bytes = checked(await readFile(this.#pathOf(id)));
    const { format, image, texts, ...rest } = new Unpackr({ useRecords: false }).unpack(bytes) as Stored;
    if (format !== FORMAT) throw new Error('it was kept by another version of Penstock');
    if (rest.id !== id) throw new Error(`its file is that of ${rest.id}`);
    // A view into the file's bytes is not aligned to words.
    const own = new Uint8Array(image).slice();
    return {
      ...rest,
      texts: await convert(texts, (text) => decompress(text)),
      image: own.buffer,
      globals: new ConfigImage(own).globals(),
    };
  }

  async list(): Promise<readonly SnapshotFile[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(SUFFIX));
    return Promise.all(
      names.map(async (name) => ({
        id: name.slice(0, -SUFFIX.length),
        bytes: (await stat(join(this.#folder, name))).size,
      })),
    );
  }

  async remove(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true });
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}${SUFFIX}`);
  }
}

/** The same texts with other bytes; one after the other, since each holds a thread of the process's few. */
async function convert(
  texts: readonly ConfigText[],
  change: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<readonly ConfigText[]> {
  const changed: ConfigText[] = [];
  for (const { file, bytes } of texts) changed.push({ file, bytes: await change(bytes) });
  return changed;
}
