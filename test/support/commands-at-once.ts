/**
 * Many uses of `penstock` in one process of their own, because to start Node for each takes longer than all they do:
 *
 *   node commands-at-once.js '[["run","--help"], ...]'     prints a JSON list of what came of them, in their order
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/cli/commands.ts';
import type { CommandResult } from './penstock-command.ts';

/** Only for uses that end by themselves and change nothing of the process. */
export function penstockEach(uses: readonly (readonly string[])[]): readonly CommandResult[] {
  const self = fileURLToPath(import.meta.url);
  const { stdout, stderr } = spawnSync(process.execPath, [self, JSON.stringify(uses)], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as CommandResult[];
}

async function runEach(uses: readonly string[][]): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  for (const args of uses) {
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      process[name].write = (text: string | Uint8Array): boolean => {
        printed[name] += String(text);
        return true;
      };
    }
    results.push({ status: await runCommand(args), ...printed });
  }
  return results;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const print = process.stdout.write.bind(process.stdout);
  print(JSON.stringify(await runEach(JSON.parse(process.argv[2]!) as string[][])));
}
