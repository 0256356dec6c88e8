/** What was published, and what was not. */
import { Readable } from 'node:stream';
import type { ConfigText } from '../../../config/source/read-source.ts';
import type { HistoryEntry } from '../../history/history-entry.ts';
import type { AdminSource } from '../admin-source.ts';
import { filesAnswer, historyAnswer } from '../answers.ts';
import { jsonReply, problemReply, streamReply } from '../reply.ts';
import { type Resource, resource } from '../resource.ts';

const USUAL_LIMIT = 50;

export const HISTORY: readonly Resource[] = [
  resource({
    method: 'GET',
    path: '/history',
    needs: 'viewer',
    summary: 'What was published, refused, tried out and rolled back, newest first.',
    query: { limit: `How many entries, from 1 on; ${USUAL_LIMIT} without it.` },
    success: { status: 200, means: 'Entries.', schema: historyAnswer },
    errors: ['admin_request_invalid'],
    answer: async ({ history }, { query }) => {
      const limit = Number(query.get('limit') ?? USUAL_LIMIT);
      if (!Number.isSafeInteger(limit) || limit < 1)
        return problemReply('admin_request_invalid', 'limit is not a whole number from 1 on.');
      const kept = await history.kept();
      const entries = history.entries.slice(-limit).toReversed();
      return jsonReply({ live: history.live, entries: entries.map((entry) => withKept(entry, kept)) });
    },
  }),
  resource({
    method: 'GET',
    path: '/history/{id}',
    needs: 'viewer',
    summary: 'Everything the history tells of a snapshot, newest first.',
    success: { status: 200, means: 'Its entries.', schema: historyAnswer },
    errors: ['admin_not_found'],
    answer: async ({ history }, { params }) => {
      const entries = history.entries.filter(({ id }) => id === params['id']).toReversed();
      if (entries.length === 0) return problemReply('admin_not_found', 'The history tells of no such snapshot.');
      const kept = await history.kept();
      return jsonReply({ live: history.live, entries: entries.map((entry) => withKept(entry, kept)) });
    },
  }),
  resource({
    method: 'GET',
    path: '/history/{id}/files',
    needs: 'operator',
    summary: 'The files a snapshot was made from, as they were written: references are not resolved.',
    success: { status: 200, means: 'The files.', schema: filesAnswer },
    errors: ['admin_not_found', 'admin_busy'],
    answer: async (source, { params }) => {
      const { id } = params as { id: string };
      if (!(await source.history.kept()).has(id))
        return problemReply('admin_not_found', 'The history keeps no such snapshot.');
      if (reading >= MOST_READING) return problemReply('admin_busy', 'Other files are being sent.');
      return await filesReply(source, id);
    },
  }),
];

/** Whether it can still be gone back to. */
function withKept(entry: HistoryEntry, kept: ReadonlySet<string>): HistoryEntry & { readonly isKept: boolean } {
  return { ...entry, isKept: entry.id !== null && kept.has(entry.id) };
}

/** A snapshot of 100,000 routes is tens of megabytes: only so many are held for clients who read slowly. */
const MOST_READING = 2;
let reading = 0;

async function filesReply({ history }: AdminSource, id: string) {
  reading++;
  try {
    const { texts } = await history.look(id);
    const stream = Readable.from(filesJson(id, texts));
    stream.once('close', () => reading--);
    return streamReply('application/json', stream);
  } catch (error) {
    reading--;
    throw error;
  }
}

function* filesJson(id: string, texts: readonly ConfigText[]): Generator<string> {
  yield `{"id":${JSON.stringify(id)},"files":[`;
  for (const [index, { file, bytes }] of texts.entries())
    yield `${index === 0 ? '' : ','}\n${JSON.stringify({ file, text: Buffer.from(bytes).toString('utf8') })}`;
  yield '\n]}\n';
}
