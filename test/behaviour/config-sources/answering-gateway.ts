/** A gateway whose only route answers by itself, so that a request shows which config runs. */
import type { Status } from '../../../src/supervisor/admin/status.ts';
import type { Gateway } from '../../support/gateway.ts';

export const TOKEN = 'admin-token-for-tests';

/** @param more policies of the route, before the one that answers */
export function configOf(answer: string, more: readonly object[] = []) {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0', token: TOKEN },
    runtime: { acceptors: 1, drainTimeout: '1s' },
    telemetry: { accessLog: 'none' },
    upstreams: { none: { endpoints: ['http://127.0.0.1:9'] } },
    routes: [
      {
        name: 'one',
        match: { path: '/*' },
        policies: [...more, { redirect: { to: `/${answer}` } }],
        forward: { upstream: 'none' },
      },
    ],
  };
}
export function textOf(answer: string, more: readonly object[] = []): string {
  return JSON.stringify(configOf(answer, more), null, 2);
}

export async function answerOf(gateway: Gateway): Promise<string | null> {
  const response = await fetch(gateway.urlOf('public'), { redirect: 'manual' });
  const location = response.headers.get('location');
  return location === null ? null : new URL(location).pathname;
}

export async function statusOf(gateway: Gateway): Promise<Status> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await (await fetch(new URL('/status', gateway.urlOf('admin')), { headers })).json()) as Status;
}
