import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileResult } from '../run/run-result.ts';
import { type CpuProfile, readCpuProfile, type Stretch, selfTimes, within, withShortUrls } from './cpu-profile.ts';
import { stagesOfProfile } from './stages-of-profile.ts';

/** As it is called beside the report. */
const FILE = 'acceptor.cpuprofile';

/**
 * The profile of the busiest acceptor of a gateway that ran as `node --cpu-prof --cpu-prof-dir=FOLDER dist/src/main.js run ...` and
 * has been stopped: each of its processes and threads has left a file there. To be written as `result.file` beside the
 * report. Throws when no file is an acceptor's.
 * @param measured by `profileClock`; null: from its start to its end
 */
export function profileOf(
  folder: string,
  measured: Stretch | null = null,
): { readonly profile: CpuProfile; readonly result: ProfileResult } {
  const profiles = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => readCpuProfile(join(folder, name)))
    .map((profile) => ({ profile, micros: acceptorMicros(profile) }))
    .sort((a, b) => b.micros - a.micros);
  if (profiles.length === 0 || profiles[0].micros === 0)
    throw new Error(`${folder} holds no CPU profile of an acceptor`);
  const whole = withShortUrls(profiles[0].profile);
  const profile = measured === null ? whole : within(whole, measured);
  return { profile, result: { file: FILE, stages: stagesOfProfile(profile) } };
}

/** Time in the acceptor's own code, which no other process or thread runs. */
function acceptorMicros(profile: CpuProfile): number {
  const times = selfTimes(profile);
  const own = profile.nodes.filter(({ callFrame }) => callFrame.url.includes('/dist/src/acceptor/'));
  return own.reduce((sum, { id }) => sum + (times.get(id) ?? 0), 0);
}
