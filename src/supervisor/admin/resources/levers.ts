/** What is changed by hand for a while, and how far what runs is from what the source says. */

import { driftAnswer, leverAnswer, leversAnswer } from '../answers.ts';
import { leverOf, leverRequest } from '../lever-request.ts';
import { jsonReply, problemReply } from '../reply.ts';
import { jsonBody } from '../request-body.ts';
import { type Resource, resource } from '../resource.ts';

export const LEVERS: readonly Resource[] = [
  resource({
    method: 'GET',
    path: '/drift',
    needs: 'viewer',
    summary: 'What runs against what the source says, and everything that was changed by hand.',
    success: { status: 200, means: 'The drift, if there is any.', schema: driftAnswer },
    answer: (source) => jsonReply(source.drift()),
  }),
  resource({
    method: 'GET',
    path: '/levers',
    needs: 'viewer',
    summary: 'The levers that are pulled, with who, why and until when.',
    success: { status: 200, means: 'The levers.', schema: leversAnswer },
    answer: ({ levers }) => jsonReply({ levers: levers.pulled }),
  }),
  resource({
    method: 'POST',
    path: '/levers',
    needs: 'operator',
    summary: 'Switches a route off, changes its limit, takes an endpoint out of rotation, or changes the log level.',
    body: jsonBody(leverRequest),
    success: { status: 200, means: 'Pulled: every acceptor goes by it.', schema: leverAnswer },
    errors: ['admin_refused'],
    answer: async ({ levers }, { body, caller }) => {
      const { why, for: forMs = null } = body;
      const pulled = await levers.pull({ lever: leverOf(body), who: caller.name, why, forMs });
      return typeof pulled === 'string' ? problemReply('admin_refused', `${pulled}.`) : jsonReply(pulled);
    },
  }),
  resource({
    method: 'DELETE',
    path: '/levers/{id}',
    needs: 'operator',
    summary: 'Lets go of a lever.',
    success: { status: 200, means: 'Released: no acceptor goes by it any more.', schema: leverAnswer },
    errors: ['admin_not_found'],
    answer: async ({ levers }, { params }) => {
      const released = await levers.release(params['id']!);
      return released === null
        ? problemReply('admin_not_found', 'No lever of this id is pulled.')
        : jsonReply(released);
    },
  }),
];
