import type { AdminSource } from './admin-source.ts';
import { jsonReply, problemReply, type Reply, textReply } from './reply.ts';
import { readinessOf } from './status.ts';

/** Something that can be got from the admin server. */
export interface Resource {
  /** False: answered to anyone who can connect, because load balancers and orchestrators ask it. */
  readonly needsToken: boolean;
  get(source: AdminSource): Reply | Promise<Reply>;
}

/** By path. */
export const RESOURCES: ReadonlyMap<string, Resource> = new Map([
  [
    '/healthz',
    {
      needsToken: false,
      get: () => textReply('ok\n'),
    },
  ],
  [
    '/readyz',
    {
      needsToken: false,
      get: (source) => {
        const { ready, reason } = readinessOf(source.status());
        return ready ? textReply(`${reason}\n`) : problemReply('admin_not_ready', reason, { 'retry-after': '1' });
      },
    },
  ],
  ['/status', { needsToken: true, get: (source) => jsonReply(source.status()) }],
  [
    '/metrics',
    {
      needsToken: true,
      get: async (source) => {
        const { text, contentType } = await source.metrics();
        return textReply(text, contentType);
      },
    },
  ],
] satisfies [string, Resource][]);
