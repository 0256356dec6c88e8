/** Opens memory 4 in the slot of argument 1; then writes to the config (`write-config`), or answers reads of it (`wait`). */
import type { AcceptorSlot } from '../../../src/brand.ts';
import { openSharedMemory } from '../../../src/shared-memory/shared-memory.ts';

const memory = openSharedMemory(4, Number(process.argv[2]) as AcceptorSlot);
if (process.argv[3] === 'write-config') {
  memory.configHalf(0)[100] = 99;
} else {
  process.on('message', () => process.send?.(memory.configHalf(0)[100]));
}
process.send?.('open');
