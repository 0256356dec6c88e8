/** What is done with the traffic that passes. */
import { parseRecordingNumber, parseRecordingRequest } from '../../recordings/recording-request.ts';
import { parsePurge } from '../purge-request.ts';
import { jsonReply, problemReply, streamReply } from '../reply.ts';
import { type Resource, resource } from '../resource.ts';

export const TRAFFIC: readonly Resource[] = [
  resource({
    method: 'POST',
    path: '/cache/purge',
    needs: 'operator',
    summary: 'Drops stored responses in every acceptor.',
    body: { parse: parsePurge },
    success: { status: 200, means: 'Dropped.', schema: null },
    answer: async (source, { body }) => jsonReply(await source.purgeCache(body)),
  }),
  resource({
    method: 'POST',
    path: '/recordings',
    needs: 'operator',
    summary: 'Records exchanges, without their secrets, until there are enough or the connection is closed.',
    body: { parse: parseRecordingRequest },
    success: { status: 200, means: 'The recording, a line for each exchange, as it comes.', schema: null },
    errors: ['admin_busy'],
    answer: (source, { body }) => {
      const recording = source.record(body);
      if (recording === null) return problemReply('admin_busy', 'A recording is being taken already.');
      return streamReply('application/x-ndjson', recording.stream, { 'penstock-recording': `${recording.number}` });
    },
  }),
  resource({
    method: 'POST',
    path: '/recordings/stop',
    needs: 'operator',
    summary: 'Ends a recording, whole.',
    body: { parse: parseRecordingNumber },
    success: { status: 200, means: 'Whether it was the one being taken.', schema: null },
    answer: (source, { body }) => jsonReply({ stopped: source.stopRecording(body) }),
  }),
];
