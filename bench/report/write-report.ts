import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CpuProfile, readCpuProfile } from '../profile/cpu-profile.ts';
import type { BenchResult } from '../run/run-result.ts';
import { markdownReport } from './markdown.ts';
import { htmlReport } from './page.ts';

/**
 * Writes `results.json`, `report.html` and `report.md` into the folder, which is made when it is not there. Both pages are
 * computed from the same result. The profile is there already, as `result.profile.file`; without it the page has no flame graph. Throws when a file cannot be written or a histogram cannot be read.
 */
export function writeReport(folder: string, result: BenchResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, 'report.md'), markdownReport(result));
  writeFileSync(join(folder, 'report.html'), htmlReport(result, profileBeside(folder, result)));
}

function profileBeside(folder: string, { profile }: BenchResult): CpuProfile | null {
  const file = profile === null ? null : join(folder, profile.file);
  return file === null || !existsSync(file) ? null : readCpuProfile(file);
}
