/**
 * An acceptor as far as the access log is concerned, for tests: writes `count` lines to standard output, `turn` of them a
 * turn of the loop, then closes the log and tells its parent what was lost and the longest a turn took.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AccessLog } from '../../../src/telemetry/access-log.ts';
import { anExchange } from './an-exchange.ts';

const [name, count, turn, closeMs] = process.argv.slice(2);
let lost = 0;
const log = new AccessLog(
  { file: null, sample: 1 },
  {
    onLost: (lines) => (lost += lines),
    onTrouble: (error) => process.send!({ trouble: error.message }),
  },
);
let longestTurnMs = 0;
for (let i = 0; i < Number(count); ) {
  const begin = performance.now();
  for (let j = 0; j < Number(turn); j++, i++) {
    log.add(anExchange({ requestId: `${name}-${i}`, path: `/${'x'.repeat((i * 37) % 2000)}` }));
  }
  await nextTurn();
  longestTurnMs = Math.max(longestTurnMs, performance.now() - begin);
}
const begin = performance.now();
await log.close(Number(closeMs));
process.send!({ lost, longestTurnMs, closedInMs: performance.now() - begin }, () => process.exit(0));
