/**
 * Whatever can run something when it ends: a test (`t`), or a whole file with `{ after }` of `node:test`.
 *
 * Everything in this folder that starts something takes one first and stops what it started there.
 */
export interface Lifetime {
  after(cleanUp: () => unknown): void;
}
