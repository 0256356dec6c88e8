import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readinessOf } from '../../../../src/supervisor/admin/status.ts';
import { aStatus } from './a-status.ts';

const healthy = aStatus();
const [first, second] = healthy.acceptors;

describe('a gateway', () => {
  it('is ready as soon as one acceptor serves the published generation', () => {
    const acceptors = [first, { ...second, state: 'starting', generation: 0 }] as const;
    assert.deepEqual(readinessOf(aStatus({ acceptors })), {
      ready: true,
      reason: '1 of 2 acceptors serve generation 7.',
    });
  });

  const notReady = {
    'nothing is published': aStatus({ config: { ...healthy.config, generation: 0 } }),
    'there is no acceptor': aStatus({ acceptors: [] }),
    'its acceptors drain, start or hang': aStatus({
      acceptors: [
        { ...first, state: 'draining' },
        { ...second, state: 'starting' },
        { ...second, state: 'unresponsive' },
      ],
    }),
    'all serve an older generation': aStatus({ acceptors: [{ ...first, generation: 6 }] }),
  };
  for (const [why, status] of Object.entries(notReady)) {
    it(`is not ready when ${why}`, () => assert.equal(readinessOf(status).ready, false));
  }
});
