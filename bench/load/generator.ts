/**
 * A generator of load, forked by run-generator.ts: it takes one LoadPlan by IPC, carries it out, tells how it goes
 * (GeneratorMessage) and ends. What goes wrong is printed on stderr, with exit code 1.
 */
import { LoadRun } from './load-run.ts';
import type { GeneratorMessage, LoadPlan } from './workload.ts';
import { openWorkload } from './workload-source.ts';

async function generate(plan: LoadPlan): Promise<void> {
  const source = await openWorkload(plan.workload);
  const run = new LoadRun(plan, source, (message) => process.send!(message));
  const result: GeneratorMessage = await run.finish();
  await source.close();
  process.send!(result, () => process.exit(0));
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

process.once('message', (plan: LoadPlan) => generate(plan).catch(fail));
// Whoever asked is gone.
process.on('disconnect', () => process.exit(1));
