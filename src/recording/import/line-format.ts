/** Formats that are read line by line: all but HAR. */
import { isUtf8 } from 'node:buffer';
import { type Line, MAX_LINE_BYTES, splitLines } from './lines.ts';
import {
  type LogFormat,
  type LoggedRequest,
  type LogRecord,
  type PassedOver,
  type Rejection,
  rejected,
} from './log-format.ts';

/** Reads the lines of one file in their order; keeps what directives have said. Null: the line stands for no request. */
export type LineReader = (line: string) => LoggedRequest | Rejection | null;

interface About extends Pick<LogFormat, 'name' | 'summary'> {
  /** latin1: a character for each octet, as in a message of HTTP, whatever they mean. */
  readonly encoding: 'latin1' | 'utf8';
}

const NOT_UTF8 = 'bytes that are no UTF-8';
const TOO_LONG = `longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB`;

/** @param open makes the reader of one file */
export function lineFormat({ encoding, ...about }: About, open: () => LineReader): LogFormat {
  return {
    ...about,
    unit: 'line',
    recognise: (sample) => countReadable(sample, open()),
    read: (input) => readLines(input, encoding, open()),
  };
}

function countReadable(sample: readonly string[], read: LineReader): number {
  const outcomes = sample.map((line) => read(line));
  return outcomes.filter((outcome) => outcome !== null && !('rejected' in outcome)).length;
}

async function* readLines(
  input: AsyncIterable<Uint8Array>,
  encoding: About['encoding'],
  read: LineReader,
): AsyncGenerator<LogRecord | PassedOver> {
  for await (const line of splitLines(input)) {
    const { number, content, bytes } = line;
    const outcome = content.length === 0 ? null : (problemOf(line, encoding) ?? read(content.toString(encoding)));
    if (outcome === null) yield null;
    else yield { place: number, bytes, outcome, text: 'rejected' in outcome ? shown(content) : '' };
  }
}

function problemOf({ content, bytes }: Line, encoding: About['encoding']): Rejection | null {
  if (bytes > MAX_LINE_BYTES) return rejected(TOO_LONG);
  return encoding === 'utf8' && !isUtf8(content) ? rejected(NOT_UTF8) : null;
}

/** For people who look at what was rejected. */
const shown = (content: Buffer): string => content.toString(isUtf8(content) ? 'utf8' : 'latin1');
