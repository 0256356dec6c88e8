/** The log formats there are, and finding out which one a file has. */
import { combined } from './formats/access-log.ts';
import { har } from './formats/har.ts';
import { interactions } from './formats/interactions.ts';
import { nova } from './formats/nova.ts';
import { w3c } from './formats/w3c.ts';
import type { LogFormat } from './log-format.ts';

/** Of two that recognise a file equally well, the first one has it. */
export const LOG_FORMATS: readonly LogFormat[] = [combined, w3c, har, nova, interactions];

/** By its name; `common` is the short form of `combined`, and read alike. */
export function formatNamed(name: string): LogFormat | null {
  const wanted = name === 'common' ? 'combined' : name;
  return LOG_FORMATS.find((format) => format.name === wanted) ?? null;
}

/**
 * Finds the format that most of the first lines are of.
 *
 * @param sample the first lines of a file
 * @returns null when no format can read any of them
 */
export function recogniseFormat(sample: readonly string[]): LogFormat | null {
  let best: LogFormat | null = null;
  let most = 0;
  for (const format of LOG_FORMATS) {
    const readable = format.recognise(sample);
    if (readable > most) [best, most] = [format, readable];
  }
  return best;
}
