/** What acceptors have carried out off their loop: the one table of it, and how it is done without a thread. */
import type { OffloadTask } from '../decision/policies/effect.ts';

/**
 * The module of each task, as it lies beside this file once compiled. Each exports `perform`, which takes the input and returns
 * the result, both plain data that a structured clone keeps whole. What can be wrong with the input is part of the result: one
 * that throws has a defect.
 */
export const OFFLOAD_TASKS = {
  transformBody: './tasks/transform-body.js',
  validateBody: './tasks/validate-body.js',
} as const satisfies OffloadModules;

export type OffloadModules = Readonly<Partial<Record<OffloadTask, string>>>;

/** @throws Error when nothing carries out this task */
export function moduleOf(modules: OffloadModules, task: OffloadTask): string {
  const path = modules[task];
  if (path === undefined) throw new Error(`no module carries out ${task}`);
  return new URL(path, import.meta.url).href;
}

/** Carries out a task in this thread: for `explain` and its like (`DryEffects.offload`), and for acceptors without threads. */
export async function performHere(
  task: OffloadTask,
  input: unknown,
  modules: OffloadModules = OFFLOAD_TASKS,
): Promise<unknown> {
  const loaded = (await import(moduleOf(modules, task))) as { perform(input: unknown): unknown };
  return loaded.perform(input);
}
