/** How the configuration is changed: reloads, canaries, rollbacks. */
import type { Cause } from '../../history/history-entry.ts';
import type { ChangeOutcome } from '../../publication-host.ts';
import { takenAnswer, trialAnswer } from '../answers.ts';
import { canaryOptions, reloadRequest, rollbackRequest } from '../change-request.ts';
import { jsonReply, problemReply, type Reply } from '../reply.ts';
import { jsonBody } from '../request-body.ts';
import { type Asked, type Resource, resource } from '../resource.ts';

export const CHANGES: readonly Resource[] = [
  resource({
    method: 'POST',
    path: '/reload',
    needs: 'operator',
    summary: 'Reads the configuration again and publishes it; with `canary`, to some acceptors on trial.',
    body: jsonBody(reloadRequest),
    success: { status: 200, means: 'Live on every acceptor.', schema: takenAnswer },
    also: { status: 202, means: 'A canary has been taken up: see GET /canary.', schema: trialAnswer },
    errors: ['admin_refused'],
    answer: async (source, asked) => {
      const { canary } = asked.body;
      if (canary === undefined) return outcomeReply(await source.publication.reload(causeOf(asked)));
      const serving = source.status().acceptors.filter(({ state }) => state !== 'draining').length;
      source.trials.begin(canaryOptions(canary, serving), causeOf(asked));
      return jsonReply(source.trials.latest!, 202);
    },
  }),
  resource({
    method: 'POST',
    path: '/rollback',
    needs: 'operator',
    summary: 'Publishes a snapshot of the history again.',
    body: jsonBody(rollbackRequest),
    success: { status: 200, means: 'Live on every acceptor.', schema: takenAnswer },
    errors: ['admin_not_found', 'admin_refused'],
    answer: async (source, asked) => {
      const { id = null } = asked.body;
      if (id !== null && !(await source.history.kept()).has(id))
        return problemReply('admin_not_found', `The history keeps no snapshot ${id}.`);
      return outcomeReply(await source.publication.rollback(id, causeOf(asked)));
    },
  }),
  resource({
    method: 'GET',
    path: '/canary',
    needs: 'viewer',
    summary: 'The latest canary that was asked for here, with what is seen of it by route.',
    success: { status: 200, means: 'How it is, or how it ended.', schema: trialAnswer },
    errors: ['admin_not_found'],
    answer: ({ trials: { latest } }) =>
      latest === null ? problemReply('admin_not_found', NO_CANARY) : jsonReply(latest),
  }),
  resource({
    method: 'DELETE',
    path: '/canary',
    needs: 'operator',
    summary: 'Ends the canary that runs: every acceptor serves again what was live.',
    success: { status: 200, means: 'It has ended.', schema: trialAnswer },
    errors: ['admin_refused'],
    answer: ({ trials }, { caller }) =>
      trials.abort(`aborted by ${caller.name ?? 'an operator'}`)
        ? jsonReply(trials.latest!)
        : problemReply('admin_refused', NO_CANARY),
  }),
  resource({
    method: 'POST',
    path: '/canary/promote',
    needs: 'operator',
    summary: 'Ends the canary that runs: every acceptor is to serve it.',
    success: { status: 200, means: 'It has ended.', schema: trialAnswer },
    errors: ['admin_refused'],
    answer: ({ trials }, { caller }) =>
      trials.promote(`promoted by ${caller.name ?? 'an operator'}`)
        ? jsonReply(trials.latest!)
        : problemReply('admin_refused', NO_CANARY),
  }),
];

const NO_CANARY = 'There is no canary.';

function causeOf({ caller, body }: Asked<{ readonly why?: string | undefined }>): Cause {
  return { kind: 'api', who: caller.name, why: body.why ?? null };
}

/** What was refused comes with everything that is wrong, a line each. */
function outcomeReply({ taken, generation, id, message, liveAfterMs }: ChangeOutcome): Reply {
  if (taken) return jsonReply({ generation, id, liveAfterMs });
  const detail = `Generation ${generation} goes on.`;
  return problemReply('admin_refused', detail, {}, { diagnostics: (message ?? '').split('\n') });
}
