/** How the gateway is. */
import { latenciesAnswer, statusAnswer } from '../answers.ts';
import { jsonReply, problemReply, textReply } from '../reply.ts';
import { type Resource, resource } from '../resource.ts';
import { readinessOf } from '../status.ts';

export const OBSERVATION: readonly Resource[] = [
  resource({
    method: 'GET',
    path: '/healthz',
    needs: null,
    summary: 'Answers as long as the supervisor lives.',
    success: { status: 200, means: 'It lives.', schema: null },
    answer: () => textReply('ok\n'),
  }),
  resource({
    method: 'GET',
    path: '/readyz',
    needs: null,
    summary: 'Whether the gateway can take traffic.',
    success: { status: 200, means: 'It can; the text says by how many acceptors.', schema: null },
    errors: ['admin_not_ready'],
    answer: (source) => {
      const { ready, reason } = readinessOf(source.status());
      return ready ? textReply(`${reason}\n`) : problemReply('admin_not_ready', reason, { 'retry-after': '1' });
    },
  }),
  resource({
    method: 'GET',
    path: '/status',
    needs: 'viewer',
    summary: 'Configuration, acceptors, traffic of the busiest routes, and what is out of the ordinary.',
    success: { status: 200, means: 'The status.', schema: statusAnswer },
    answer: (source) => jsonReply(source.status()),
  }),
  resource({
    method: 'GET',
    path: '/metrics',
    needs: 'viewer',
    summary: 'The metrics page, in the Prometheus text format.',
    success: { status: 200, means: 'The page.', schema: null },
    answer: async (source) => {
      const { text, contentType } = await source.metrics();
      return textReply(text, contentType);
    },
  }),
  resource({
    method: 'GET',
    path: '/latencies',
    needs: 'viewer',
    summary: 'How long exchanges took so far, by route, as finely as it is counted.',
    success: { status: 200, means: 'Counts by time.', schema: latenciesAnswer },
    // Not indented: with many routes it is large, and nobody reads it as it is.
    answer: (source) => textReply(`${JSON.stringify({ routes: source.latencies() })}\n`, 'application/json'),
  }),
];
