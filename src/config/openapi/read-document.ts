import { readFileSync, statSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { describeReadError } from '../source/read-source.ts';
import { isRecord } from '../source/source.ts';
import { DocumentError } from './document-error.ts';

const LARGEST_FILE_BYTES = 32 * 1024 ** 2;

/** Reads a document in JSON or YAML. @throws DocumentError */
export function readDocument(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    if (statSync(file).size > LARGEST_FILE_BYTES) throw new DocumentError('', 'is larger than 32MiB');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError('', describeReadError(error));
  }
  const value = parse(text, file);
  if (!isRecord(value)) throw new DocumentError(`${file}:1:1`, 'is not a map');
  return value;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the reader of YAML, which JSON is a part of, knows where it ends to be any.
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new DocumentError(`${file}:${line}:${col}`, error.message);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new DocumentError(`${file}:1:1`, (cause as Error).message);
  }
}
