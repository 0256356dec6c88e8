/** Thread side of `compile-pool.ts`. */
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { loadAndCompile } from '../../config/load-and-compile.ts';
import type { CompileRequest } from '../protocol.ts';

/** The reply (see `protocol.ts`); its image is moved to the caller's thread, everything else is copied. */
export function compileConfig(request: CompileRequest): object {
  const reply = loadAndCompile(request);
  if (!reply.ok) return reply;
  return move({ [transferableSymbol]: [reply.image], [valueSymbol]: reply }) as object;
}
