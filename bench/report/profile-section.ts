import type { CpuProfile } from '../profile/cpu-profile.ts';
import { flameGraph, stageLook } from '../profile/flame-graph.ts';
import type { BenchResult } from '../run/run-result.ts';
import { percent } from './format.ts';
import { type Markup, markup } from './markup.ts';
import { section } from './sections.ts';

/** Shares by stage and the flame graph; null without a profile. */
export function profileSection({ profile }: BenchResult, cpuProfile: CpuProfile | null): Markup | null {
  if (profile === null) return null;
  const most = Math.max(...profile.stages.map(({ share }) => share));
  const rows = profile.stages.map(
    ({ stage, share }) =>
      markup`<li><span>${stage}</span><b>${percent(share)}</b><i class="${stageLook(stage)}" style="width:${(100 * share) / most}%"></i></li>\n`,
  );
  const lead =
    'The busy time of one acceptor, idle left out, by the file of the innermost call that is Penstock’s own.';
  return section(
    'Where the time went',
    lead,
    markup`<ul class="stages">${rows}</ul>`,
    cpuProfile === null ? null : flameGraph(cpuProfile),
    markup`<p class="lead">The flame graph has callers above what they called; a click widens a call, another gives it back. The whole profile is
<a href="${encodeURIComponent(profile.file)}">${profile.file}</a>, which Chrome’s developer tools and speedscope open.</p>`,
  );
}
