/** Publishes into the history of a folder without end, as fast as it is written; says so after every write. */
import { randomBytes } from 'node:crypto';
import type { ConfigSnapshot } from '../../../src/supervisor/history/config-snapshot.ts';
import { History } from '../../../src/supervisor/history/history.ts';

const IMAGE_BYTES = 1024 * 1024;
const [folder] = process.argv.slice(2) as [string];
const history = await History.open(folder, (message) => process.send!(message));
history.limits = { snapshots: 4, bytes: 1024 ** 3 };
process.send!('opened');
for (;;) {
  const id = randomBytes(6).toString('hex');
  const snapshot: ConfigSnapshot = {
    ...{ id, lineage: history.lineage, source: 'a', label: null, texts: [], routes: 1 },
    ...{ image: new ArrayBuffer(IMAGE_BYTES), globals: {} as never, settings: {} as never },
  };
  const numbering = { series: { capacity: 1, names: [] }, endpointRows: { capacity: 1, keys: [] } };
  const cause = { kind: 'signal', who: null, why: null } as const;
  history.add(
    {
      event: 'published',
      id,
      label: null,
      source: 'a',
      generation: 1,
      routes: 1,
      message: null,
      evidence: null,
      cause,
    },
    { ...snapshot, numbering },
  );
  await history.written();
  process.send!('written');
}
