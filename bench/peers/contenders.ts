/** Who is measured in a scenario, and who is not, for what reason. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LoadPlan } from '../load/workload.ts';
import { findBinary } from '../processes.ts';
import type { Experiment } from '../run/experiment.ts';
import type { PeerLaunch } from '../run/measure.ts';
import type { Scenario, ScenarioPlace } from '../scenarios/scenario.ts';
import { answersAsExpected, firstRequest } from './first-answer.ts';
import type { Peer } from './peer.ts';
import { PEERS } from './registry.ts';

export interface InstalledPeer {
  readonly peer: Peer;
  /** Absolute path. */
  readonly binary: string;
  readonly version: string;
}

/** @param names of peers; those that are not installed are told to `say` */
export function findPeers(names: readonly string[], say: (line: string) => void): InstalledPeer[] {
  return PEERS.filter(({ name }) => names.includes(name)).flatMap((peer) => {
    const { command, variable } = peer.binary;
    const binary = findBinary(command, variable);
    if (binary !== null) return [{ peer, binary, version: versionOf(peer, binary) }];
    say(`${peer.name}: not installed, left out (${variable} may name its binary)`);
    return [];
  });
}

function versionOf(peer: Peer, binary: string): string {
  // nginx prints its version to stderr, the others to stdout.
  const output = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', binary, ...peer.version.args], { encoding: 'utf8' });
  return peer.version.pattern.exec(output)?.[1] ?? 'of unknown version';
}

/** Why a peer is not measured in a scenario; null: it is. */
export function whyNot({ peers = {} }: Scenario, peer: Peer): string | null {
  const entry = peers[peer.name];
  if (entry === undefined) return 'The scenario has no config for it.';
  return typeof entry === 'function' ? null : entry.cannot;
}

/** Writes the peer's files and says how it is started. */
export async function launchOf(
  scenario: Scenario,
  { peer, binary }: InstalledPeer,
  experiment: Experiment,
): Promise<PeerLaunch> {
  const place = placeOf(experiment);
  const configure = scenario.peers![peer.name] as (place: ScenarioPlace) => ReturnType<Peer['configure']>;
  const { args, files } = configure(place);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(place.folder, path)), { recursive: true });
    writeFileSync(join(place.folder, path), content);
  }
  const request = await firstRequest(experiment.plan.workload);
  return {
    name: peer.name,
    command: { command: binary, args, env: peer.env?.(place.folder) ?? {} },
    isReady: () => answersAsExpected(experiment.plan, request),
  };
}

function placeOf({ folder, plan, adminPort, originPorts }: Experiment & { readonly plan: LoadPlan }): ScenarioPlace {
  return { folder, gatewayPort: plan.port, adminPort, originPorts };
}
