import { LOG_FORMATS, recogniseFormat } from '../../recording/import/formats.ts';
import type { LogSource } from '../../recording/import/import-logs.ts';
import type { LogFormat } from '../../recording/import/log-format.ts';
import { openLog } from '../../recording/import/open-log.ts';

/**
 * Opens the logs and finds their formats.
 *
 * @param format of all of them; null: each file's first lines say
 * @returns in words, why the first of them that cannot be used cannot
 */
export async function openSources(files: readonly string[], format: LogFormat | null): Promise<LogSource[] | string> {
  const sources: LogSource[] = [];
  for (const file of files) {
    const source = await openSource(file, format);
    if (typeof source === 'string') return source;
    sources.push(source);
  }
  return sources;
}

async function openSource(file: string, given: LogFormat | null): Promise<LogSource | string> {
  try {
    const { sample, bytes } = await openLog(file);
    const format = given ?? recogniseFormat(sample) ?? formatOfNothing(sample);
    if (format === null) return `${file}: no known format fits its first lines; --format names one`;
    return { file, format, bytes };
  } catch (error) {
    return `${file}: ${(error as Error).message}`;
  }
}

/** Logs that were just rotated are empty: any format reads nothing from them. */
const formatOfNothing = (sample: readonly string[]): LogFormat | null =>
  sample.every((line) => line === '') ? LOG_FORMATS[0]! : null;
