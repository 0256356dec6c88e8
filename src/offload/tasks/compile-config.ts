/** Thread side of `compile-pool.ts`. */
import { setPriority } from 'node:os';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { CompileMemory } from '../../config/compile-memory.ts';
import { loadAndCompile } from '../../config/load-and-compile.ts';
import { garbageCollector } from '../collect-garbage.ts';
import type { CompileRequest } from '../protocol.ts';

/** A reload can wait a moment, and requests cannot: where cores are few, acceptors come first. On Linux this is of the thread alone. */
const NICENESS = 10;
setPriority(NICENESS);

/** Of the last config. It goes with the thread, when that has been idle for a while. */
const memory = new CompileMemory();

const collectGarbage = garbageCollector();
/** Of a smaller config there is no garbage to speak of. */
const MANY_ROUTES = 5_000;

/** The reply (see `protocol.ts`); its image and large texts are moved to the caller's thread, everything else is copied. */
export function compileConfig(request: CompileRequest): object {
  const reply = loadAndCompile(request, memory);
  if (!reply.ok) return reply;
  if (reply.routes >= MANY_ROUTES) setImmediate(collectGarbage);
  // Small files lie side by side in one buffer.
  const whole = reply.texts.filter(({ bytes }) => bytes.byteLength === bytes.buffer.byteLength);
  const buffers = [reply.image, ...whole.map(({ bytes }) => bytes.buffer)];
  return move({ [transferableSymbol]: buffers, [valueSymbol]: reply }) as object;
}
