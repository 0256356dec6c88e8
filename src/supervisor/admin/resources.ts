import { parseRecordingNumber, parseRecordingRequest } from '../recordings/recording-request.ts';
import type { AdminSource } from './admin-source.ts';
import { parsePurge } from './purge-request.ts';
import { jsonReply, problemReply, type Reply, streamReply, textReply } from './reply.ts';
import { readinessOf } from './status.ts';

/** Something that the admin server shows, or does. */
export type Resource = Shown | Done;

interface Shown {
  readonly method: 'GET';
  /** False: answered to anyone who can connect, because load balancers and orchestrators ask it. */
  readonly needsToken: boolean;
  answer(source: AdminSource): Reply | Promise<Reply>;
}

interface Done {
  readonly method: 'POST';
  readonly needsToken: true;
  answer(source: AdminSource, body: string): Reply | Promise<Reply>;
}

/** By path. */
export const RESOURCES: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  [
    '/healthz',
    {
      method: 'GET',
      needsToken: false,
      answer: () => textReply('ok\n'),
    },
  ],
  [
    '/readyz',
    {
      method: 'GET',
      needsToken: false,
      answer: (source) => {
        const { ready, reason } = readinessOf(source.status());
        return ready ? textReply(`${reason}\n`) : problemReply('admin_not_ready', reason, { 'retry-after': '1' });
      },
    },
  ],
  ['/status', { method: 'GET', needsToken: true, answer: (source) => jsonReply(source.status()) }],
  [
    '/metrics',
    {
      method: 'GET',
      needsToken: true,
      answer: async (source) => {
        const { text, contentType } = await source.metrics();
        return textReply(text, contentType);
      },
    },
  ],
  [
    '/cache/purge',
    {
      method: 'POST',
      needsToken: true,
      answer: async (source, body) => {
        const purge = parsePurge(body);
        if (typeof purge === 'string') return problemReply('admin_request_invalid', purge);
        return jsonReply(await source.purgeCache(purge));
      },
    },
  ],
  [
    '/recordings',
    {
      method: 'POST',
      needsToken: true,
      answer: (source, body) => {
        const request = parseRecordingRequest(body);
        if (typeof request === 'string') return problemReply('admin_request_invalid', request);
        const recording = source.record(request);
        if (recording === null) return problemReply('admin_busy', 'A recording is being taken already.');
        return streamReply('application/x-ndjson', recording.stream, { 'penstock-recording': `${recording.number}` });
      },
    },
  ],
  [
    '/recordings/stop',
    {
      method: 'POST',
      needsToken: true,
      answer: (source, body) => {
        const number = parseRecordingNumber(body);
        if (typeof number === 'string') return problemReply('admin_request_invalid', number);
        return jsonReply({ stopped: source.stopRecording(number) });
      },
    },
  ],
] satisfies [string, Resource][]);
