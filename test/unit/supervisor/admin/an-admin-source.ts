import type { AdminSource } from '../../../../src/supervisor/admin/admin-source.ts';
import { driftOf } from '../../../../src/supervisor/drift.ts';
import type { ChangeOutcome } from '../../../../src/supervisor/publication-host.ts';
import { aStatus } from './a-status.ts';

const SNAPSHOT = { id: '0123456789ab', label: null };
const SOURCE = {
  ...{ description: 'a', snapshot: SNAPSHOT, refusal: null, label: null },
  ...{ answeredAt: null, unreachable: null, trial: null },
};

/** A gateway that takes every change and has nothing to tell, with whatever a test wants to be different. */
export function anAdminSource(different: Partial<AdminSource> = {}): AdminSource {
  const outcome = { taken: true, generation: 8, id: '0123456789ab', message: null, liveAfterMs: 12, evidence: null };
  return {
    status: () => aStatus(),
    metrics: async () => ({ text: 'penstock_build_info 1\n', contentType: 'text/plain; version=0.0.4' }),
    latencies: () => [{ route: 'catalog', gateway: [[40, 2]], upstream: [[1_024, 2]] }],
    purgeCache: async () => ({ acceptors: 2, dropped: 3 }),
    record: () => null,
    stopRecording: () => false,
    drift: () => driftOf({ live: SNAPSHOT, source: SOURCE, levers: [] }),
    publication: {
      reload: async () => outcome as ChangeOutcome,
      rollback: async () => outcome as ChangeOutcome,
    },
    trials: { begin: () => 1, latest: null, abort: () => false, promote: () => false },
    history: {
      entries: [],
      live: '0123456789ab',
      kept: async () => new Set<string>(),
      look: async () => {
        throw new Error('nothing is kept');
      },
    },
    levers: { pulled: [], pull: async () => 'there is no route', release: async () => null },
    ...different,
  };
}
