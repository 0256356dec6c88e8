/** Prometheus's own judge of rules, from its Debian package. */
import { spawnSync } from 'node:child_process';

/** Why tests that need it are skipped; false: it is there. */
export const WITHOUT_PROMTOOL: string | false =
  spawnSync('promtool', ['--version']).status === 0 ? false : 'promtool is not installed (Debian: package prometheus)';

/** Runs it. @returns what it wrote, and whether it was content */
export function promtool(...args: readonly string[]): { readonly ok: boolean; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', timeout: 30_000 });
  return { ok: status === 0, text: `${stdout}${stderr}` };
}
