import { basename } from 'node:path';
import type { LogImport, LogSource } from '../../recording/import/import-logs.ts';
import type { RecordedExchange } from '../../recording/recorded-exchange.ts';
import { RecordingWriter } from '../../recording/write-recording.ts';

/**
 * Writes what is imported as a recording. Nothing is written when nothing was imported.
 *
 * @returns from the first request to the last, in milliseconds; null: there was none
 * @throws Error of the system when the recording, or what was rejected, cannot be written
 */
export async function writeImported(
  logs: LogImport,
  sources: readonly LogSource[],
  path: string,
): Promise<number | null> {
  const exchanges = logs.exchanges();
  const first = await exchanges.next();
  if (first.done === true) return null;
  const began = new Date(logs.beganMs!).toISOString();
  const source = `imported from ${sources.map(({ file, format }) => `${basename(file)} (${format.name})`).join(', ')}`;
  try {
    const writer = await RecordingWriter.open(path, { recording: 1, began, source, licence: null });
    return await writeAll(writer, first.value, exchanges);
  } finally {
    await exchanges.return(undefined);
  }
}

/** @returns when the last exchange came */
async function writeAll(
  writer: RecordingWriter,
  first: RecordedExchange,
  rest: AsyncIterable<RecordedExchange>,
): Promise<number> {
  let lastAt = first.at;
  try {
    await writer.write(first);
    for await (const exchange of rest) {
      lastAt = exchange.at;
      await writer.write(exchange);
    }
    await writer.finish(null);
    return lastAt;
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}
