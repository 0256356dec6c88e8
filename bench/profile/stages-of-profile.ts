/** Which stage of a request's life the time went to, by the file of the innermost frame that is Penstock's own. */
import type { ProfileResult } from '../run/run-result.ts';
import { type CallFrame, type CpuProfile, IDLE, type ProfileNode, selfTimes } from './cpu-profile.ts';

/** In the order of a request's life. */
export const STAGES = [
  'listener',
  'pipeline',
  'route',
  'policies',
  'upstream',
  'response',
  'telemetry',
  'garbage collection',
  'native and kernel',
  'other',
] as const;

export type Stage = (typeof STAGES)[number];

/** The first that a path begins with; paths from the build's root. */
const STAGE_OF_PATH: readonly (readonly [string, Stage])[] = [
  // Whoever sends an answer is in its file while the kernel takes the bytes.
  ['src/acceptor/listener/uws/uws-downstream', 'response'],
  ['src/acceptor/listener/', 'listener'],
  ['native-bindings/uws', 'listener'],
  ['src/decision/route/', 'route'],
  ['src/decision/policies/', 'policies'],
  ['src/acceptor/policies/', 'policies'],
  ['src/offload/', 'policies'],
  ['src/decision/choose-upstream', 'upstream'],
  ['src/acceptor/attempts', 'upstream'],
  ['src/acceptor/balancer/', 'upstream'],
  ['src/acceptor/upstream/', 'upstream'],
  ['src/acceptor/response/', 'response'],
  ['src/errors/', 'response'],
  ['src/telemetry/', 'telemetry'],
  ['src/shared-memory/metrics-slab', 'telemetry'],
  ['src/shared-memory/slab-writer', 'telemetry'],
  ['src/shared-memory/histogram', 'telemetry'],
  ['src/acceptor/', 'pipeline'],
  ['src/decision/', 'pipeline'],
];

/** Node's sockets, where nobody of Penstock called: an acceptor opens them in acceptor/upstream alone. */
const SOCKETS = /^node:(?:net|tls|_tls_wrap|internal\/(?:stream_base_commons|streams\/))/;

const GARBAGE_COLLECTOR = '(garbage collector)';
/** V8's name for native code and system calls that no JavaScript waits for: the event loop of uWS is there. */
const PROGRAM = '(program)';

/** Path in the build of a file of Penstock; null for a file of anybody else. */
function ownPath(url: string): string | null {
  return /(?:^|\/)dist\/((?:src|native-bindings)\/.*)$/.exec(url)?.[1] ?? null;
}

/** Null where a frame says nothing of a stage, and its caller has to. */
function stageOfFrame({ functionName, url }: CallFrame): Stage | null {
  if (functionName === GARBAGE_COLLECTOR) return 'garbage collection';
  if (functionName === PROGRAM) return 'native and kernel';
  const path = ownPath(url);
  if (path === null) return null;
  return STAGE_OF_PATH.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'other';
}

/** The stage of every node by its id; null for those in which the thread was idle. */
export function stagesOfNodes(nodes: readonly ProfileNode[]): Map<number, Stage | null> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stages = new Map<number, Stage | null>();
  const called = new Set(nodes.flatMap(({ children }) => children ?? []));
  // A list of its own instead of the call stack: stacks in a profile may be deeper than ours.
  const open = nodes.filter(({ id }) => !called.has(id)).map((node) => ({ node, callers: null as Stage | null }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next;
    const stage = stageOfFrame(node.callFrame) ?? callers ?? (SOCKETS.test(node.callFrame.url) ? 'upstream' : null);
    stages.set(node.id, node.callFrame.functionName === IDLE ? null : (stage ?? 'other'));
    for (const id of node.children ?? []) open.push({ node: byId.get(id)!, callers: stage });
  }
  return stages;
}

/** Shares of the time that was not idle, every stage once; they add up to 1. None when there was no such time. */
export function stagesOfProfile(profile: CpuProfile): ProfileResult['stages'] {
  const stages = stagesOfNodes(profile.nodes);
  const sums = new Map<Stage, number>(STAGES.map((stage) => [stage, 0]));
  let busy = 0;
  for (const [id, micros] of selfTimes(profile)) {
    const stage = stages.get(id) ?? null;
    if (stage === null) continue;
    sums.set(stage, sums.get(stage)! + micros);
    busy += micros;
  }
  return busy === 0 ? [] : STAGES.map((stage) => ({ stage, share: sums.get(stage)! / busy }));
}
