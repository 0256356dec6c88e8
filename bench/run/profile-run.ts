import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { profileOf } from '../profile/collect-profile.ts';
import { type CpuProfile, profileClock } from '../profile/cpu-profile.ts';
import type { Experiment } from './experiment.ts';
import { measure } from './measure.ts';
import type { Watch } from './run-experiment.ts';
import type { ProfileResult } from './run-result.ts';

export interface Profiled {
  readonly profile: CpuProfile;
  readonly result: ProfileResult;
}

/**
 * Runs an experiment once more, for a profile of the busiest acceptor while it was measured. Being profiled costs time, so this run
 * is in no figures.
 *
 * @throws as `measure`, and Error when the gateway left no profile
 */
export async function profileRun(
  experiment: Experiment,
  main: string,
  signal: AbortSignal,
  { onProgress }: Watch,
): Promise<Profiled> {
  const folder = join(experiment.folder, 'profiles');
  mkdirSync(folder);
  const measured = { from: 0, to: 0 };
  await measure(experiment, {
    ...{ round: 0, main, signal },
    nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    onProgress: (progress) => onProgress(`${experiment.name}, profiled`, experiment.plan, progress),
    onNote: () => {},
    onMeasuring: () => (measured.from = profileClock()),
    onMeasured: () => (measured.to = profileClock()),
  });
  return profileOf(folder, measured);
}
