/** A config file, or a directory of them, from disk into one source. */
import { isAscii } from 'node:buffer';
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type Diagnostic, diagnosticAt } from '../diagnostics.ts';
import type { KnownFile } from '../load-memory.ts';
import { parseJson } from './json-source.ts';
import { mergeSources } from './merge-sources.ts';
import type { Source, SourceResult } from './source.ts';
import { parseYaml } from './yaml-source.ts';

const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json']);

/** What was read: also when it does not parse, so that a watcher knows what to look at. */
export interface ReadResult {
  readonly files: readonly string[];
  /** What stood in those that could be read. */
  readonly texts: readonly ConfigText[];
  readonly result: SourceResult;
}

/** A config file as it was read: its references not resolved. */
export interface ConfigText {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a file, or every `.yaml`, `.yml` and `.json` of a directory (not of directories in it). Never throws.
 *
 * @param known files by name, as they were read last: brought up to date
 */
export function readSource(path: string, known: Map<string, KnownFile> = new Map()): ReadResult {
  const texts: ConfigText[] = [];
  let files: string[];
  try {
    files = statSync(path).isDirectory() ? listConfigFiles(path) : [path];
    const names = new Set(files.map((file) => basename(file)));
    for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    if (files.length === 1 && files[0] === path) return { files, texts, result: readFile(path, texts, known) };
  } catch (error) {
    return { files: [], texts, result: refuse(path, describeReadError(error)) };
  }
  if (files.length === 0)
    return { files, texts, result: refuse(path, 'the directory holds no config, expected *.yaml, *.yml or *.json') };
  return { files, texts, result: mergeAll(files.map((file) => readFile(file, texts, known))) };
}

/**
 * Parses config text by the file name's extension: `.json` is strict JSON, anything else YAML. Never throws.
 *
 * @param earlier see `parseJson`
 */
export function parseSource(file: string, text: string, earlier: Source | null = null): SourceResult {
  try {
    return extname(file) === '.json' ? parseJson(file, text, earlier) : parseYaml(file, text);
  } catch (error) {
    if (error instanceof RangeError) return refuse(file, 'nested too deeply to read, expected a few levels');
    throw error;
  }
}

/** Parses the files of a config that were read elsewhere into one source. Never throws. */
export function mergeTexts(files: readonly { readonly file: string; readonly text: string }[]): SourceResult {
  return mergeAll(files.map(({ file, text }) => parseSource(file, text)));
}

/** A sentence for a failed file operation, without the path that the message already begins with. */
export function describeReadError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file, expected a readable one';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it, expected a readable file';
  if (code === 'EISDIR') return 'is a directory, expected a file';
  if (code === 'EINVAL') return 'is a pipe or a device, expected a file';
  return `cannot be read (${code ?? 'unknown reason'}), expected a readable file`;
}

/** Largest config file that is read. */
const MOST_FILE_BYTES = 512 * 1024 * 1024;

/**
 * Reads a regular file: a pipe or a device could keep the reader waiting, or reading, for ever.
 *
 * @throws Error of the system, with a code; EINVAL for what is no regular file, EFBIG for one beyond 512 MiB
 */
export function readRegularFile(file: string): Buffer {
  const about = statSync(file);
  if (!about.isFile()) throw Object.assign(new Error('no file'), { code: about.isDirectory() ? 'EISDIR' : 'EINVAL' });
  if (about.size > MOST_FILE_BYTES) throw Object.assign(new Error('too large'), { code: 'EFBIG' });
  return readFileSync(file);
}

/** @param texts takes what was read */
function readFile(file: string, texts: ConfigText[], known: Map<string, KnownFile>): SourceResult {
  let bytes: Buffer;
  try {
    bytes = readRegularFile(file);
    texts.push({ file, bytes });
  } catch (error) {
    return refuse(file, describeReadError(error));
  }
  const text = decode(bytes);
  return text === null ? refuse(file, 'not UTF-8 text, expected YAML or JSON') : parseKnown(file, text, known);
}

function parseKnown(file: string, text: string, known: Map<string, KnownFile>): SourceResult {
  const before = known.get(basename(file));
  if (before?.file === file && before.text === text) return before.result;
  const result = parseSource(file, text, before?.result.source);
  if (result.source !== null) known.set(basename(file), { file, text, result });
  return result;
}

/** Null for bytes that are no text. */
function decode(bytes: Buffer): string | null {
  // Of one byte a character, which takes half the room of what a decoder makes of it.
  if (isAscii(bytes)) return bytes.toString('latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Whether an entry of a directory is one of its config files. */
export function isConfigFile(entry: Dirent): boolean {
  return !entry.isDirectory() && !entry.name.startsWith('.') && EXTENSIONS.has(extname(entry.name));
}

function listConfigFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(isConfigFile)
    .map((entry) => entry.name)
    .sort()
    .map((name) => join(directory, name));
}

function mergeAll(results: readonly SourceResult[]): SourceResult {
  const diagnostics: Diagnostic[] = results.flatMap((result) => [...result.diagnostics]);
  const [first, ...others] = results.flatMap(({ source }): Source[] => (source === null ? [] : [source]));
  if (diagnostics.length > 0 || first === undefined) return { source: null, diagnostics };
  return mergeSources([first, ...others]);
}

function refuse(file: string, message: string): SourceResult {
  return { source: null, diagnostics: [diagnosticAt({ file, line: 1, column: 1 }, [], message)] };
}
