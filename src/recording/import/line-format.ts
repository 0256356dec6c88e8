/** Formats that are read line by line: all but HAR. */

import { splitLines } from './lines.ts';
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

type About = Pick<LogFormat, 'name' | 'summary'>;

/** @param open makes the reader of one file */
export function lineFormat(about: About, open: () => LineReader): LogFormat {
  return {
    ...about,
    unit: 'line',
    recognise: (sample) => countReadable(sample, open()),
    read: (input) => readLines(input, open()),
  };
}

function countReadable(sample: readonly string[], read: LineReader): number {
  const outcomes = sample.map((line) => read(line));
  return outcomes.filter((outcome) => outcome !== null && !('rejected' in outcome)).length;
}

async function* readLines(input: AsyncIterable<Uint8Array>, read: LineReader): AsyncGenerator<LogRecord | PassedOver> {
  for await (const { number, text, bytes, problem } of splitLines(input)) {
    if (bytes <= 1 && text.trim() === '') yield null;
    else {
      const outcome = problem === null ? read(text) : rejected(problem);
      yield outcome === null ? null : { place: number, text, bytes, outcome };
    }
  }
}
