import type { AdminSource } from './admin-source.ts';
import { parsePurge } from './purge-request.ts';
import { jsonReply, problemReply, type Reply, textReply } from './reply.ts';
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
    '/latencies',
    {
      method: 'GET',
      needsToken: true,
      // Not indented: with many routes it is large, and nobody reads it as it is.
      answer: (source) => textReply(`${JSON.stringify({ routes: source.latencies() })}\n`, 'application/json'),
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
] satisfies [string, Resource][]);
