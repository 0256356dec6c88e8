/** What is done with the traffic that passes. */
import { z } from 'zod';
import { parseRecordingNumber, parseRecordingRequest } from '../../recordings/recording-request.ts';
import { purgeAnswer, stoppedAnswer } from '../answers.ts';
import { parsePurge } from '../purge-request.ts';
import { jsonReply, problemReply, streamReply } from '../reply.ts';
import { type Resource, resource } from '../resource.ts';

const NDJSON = 'application/x-ndjson';
const text = z.string().optional();
const number = z.number().optional();
const names = z.array(z.string()).optional();

// What is taken is decided by the parsers; these only describe it.
const purgeShape = z.strictObject({ path: text, prefix: text, key: text, host: text });
const recordingShape = z.strictObject({
  seconds: number.describe('How long; until it is ended, without it.'),
  exchanges: number.describe('How many at most.'),
  share: number.describe('Of all exchanges, above 0 and up to 1.'),
  bodies: number.describe('Bodies up to so many bytes are recorded as text.'),
  pseudonymise: z.strictObject({ headers: names, queries: names }).optional(),
});
const recordingNumberShape = z.strictObject({ recording: z.number() });

export const TRAFFIC: readonly Resource[] = [
  resource({
    method: 'POST',
    path: '/cache/purge',
    needs: 'operator',
    summary: 'Drops stored responses in every acceptor.',
    body: { schema: purgeShape, parse: parsePurge },
    success: { status: 200, means: 'Dropped.', schema: purgeAnswer },
    answer: async (source, { body }) => jsonReply(await source.purgeCache(body)),
  }),
  resource({
    method: 'POST',
    path: '/recordings',
    needs: 'operator',
    summary: 'Records exchanges, without their secrets, until there are enough or the connection is closed.',
    body: { schema: recordingShape, parse: parseRecordingRequest },
    success: {
      status: 200,
      means: 'The recording, a line for each exchange, as it comes.',
      schema: null,
      contentType: NDJSON,
    },
    errors: ['admin_busy'],
    answer: (source, { body }) => {
      const recording = source.record(body);
      if (recording === null) return problemReply('admin_busy', 'A recording is being taken already.');
      return streamReply(NDJSON, recording.stream, { 'penstock-recording': `${recording.number}` });
    },
  }),
  resource({
    method: 'POST',
    path: '/recordings/stop',
    needs: 'operator',
    summary: 'Ends a recording, whole.',
    body: { schema: recordingNumberShape, parse: parseRecordingNumber },
    success: { status: 200, means: 'Whether it was the one being taken.', schema: stoppedAnswer },
    answer: (source, { body }) => jsonReply({ stopped: source.stopRecording(body) }),
  }),
];
