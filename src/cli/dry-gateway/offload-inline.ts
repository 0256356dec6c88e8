import { OFFLOAD_FAILED, type OffloadTask } from '../../decision/policies/effect.ts';
import { perform as transformBody } from '../../offload/tasks/transform-body.ts';
import { perform as validateBody } from '../../offload/tasks/validate-body.ts';

/** What the threads of an acceptor do, done in this one: a command has no loop to hold up. By the name of the task. */
const TASKS: Readonly<Record<OffloadTask, (input: never) => unknown>> = { transformBody, validateBody };

/** Carries out a task; one that is not there, or throws, has failed as it would have in a thread. */
export async function runOffloadTask(task: string, input: unknown): Promise<unknown> {
  const run = (TASKS as Readonly<Record<string, ((input: never) => unknown) | undefined>>)[task];
  if (run === undefined) return OFFLOAD_FAILED;
  try {
    return run(input as never);
  } catch {
    return OFFLOAD_FAILED;
  }
}
