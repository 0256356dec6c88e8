import { after } from 'node:test';
import type { Lifetime } from './lifetime.ts';

/**
 * The lifetime of a whole test file; to be called at its top. Unlike `{ after }` itself it can be used in a `before` hook,
 * where Node ties `after` to the first suite.
 */
export function fileLifetime(): Lifetime {
  const cleanUps: (() => unknown)[] = [];
  after(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });
  return { after: (cleanUp) => void cleanUps.push(cleanUp) };
}
