/** V8's CPU profile, as `node --cpu-prof` writes it and Chrome's DevTools open it (Chrome DevTools Protocol, Profiler.Profile). */
import { readFileSync } from 'node:fs';

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0, as `columnNumber`; -1: none. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

export interface CpuProfile {
  /** A tree of calls; the first is its root. */
  readonly nodes: readonly ProfileNode[];
  /** Microseconds of a monotonic clock, as `endTime`. */
  readonly startTime: number;
  readonly endTime: number;
  /** Ids of the nodes that ran. */
  readonly samples: readonly number[];
  /** Microseconds from the sample before, or from the start. */
  readonly timeDeltas: readonly number[];
}

/** What V8 calls it when a thread waits. */
export const IDLE = '(idle)';

/** Throws with the file's name when it holds no CPU profile. */
export function readCpuProfile(file: string): CpuProfile {
  let content: Partial<CpuProfile> | null = null;
  try {
    content = JSON.parse(readFileSync(file, 'utf8')) as Partial<CpuProfile> | null;
  } catch (error) {
    throw new Error(`${file} holds no CPU profile: ${(error as Error).message}`);
  }
  const lists = [content?.nodes, content?.samples, content?.timeDeltas];
  if (!lists.every(Array.isArray))
    throw new Error(`${file} holds no CPU profile: nodes, samples or timeDeltas are missing`);
  return content as CpuProfile;
}

/** Time spent in each node itself, microseconds, by id: a sample stands for the time until the next one. */
export function selfTimes({ samples, timeDeltas, startTime, endTime }: CpuProfile): Map<number, number> {
  const times = new Map<number, number>();
  let at = startTime;
  samples.forEach((id, index) => {
    at += timeDeltas[index];
    const micros = index + 1 < samples.length ? timeDeltas[index + 1] : endTime - at;
    // Samples of another thread's signal may come out of order, and a stretch of time is never negative.
    times.set(id, (times.get(id) ?? 0) + Math.max(0, micros));
  });
  return times;
}

/** A stretch of time by the clock of profiles. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What the clock of profiles says now, microseconds: on Linux every process reads the same one (CLOCK_MONOTONIC). */
export const profileClock = (): number => Number(process.hrtime.bigint() / 1_000n);

/** The samples taken in a stretch of time, without what was loaded before and closed after it. */
export function within(profile: CpuProfile, { from, to }: Stretch): CpuProfile {
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  let at = profile.startTime;
  let before = Math.max(from, profile.startTime);
  const startTime = before;
  profile.samples.forEach((id, index) => {
    at += profile.timeDeltas[index];
    if (at < from || at > to) return;
    samples.push(id);
    timeDeltas.push(at - before);
    before = at;
  });
  return { ...profile, startTime, endTime: Math.max(startTime, Math.min(to, profile.endTime)), samples, timeDeltas };
}

/** The same profile without the folders of this machine: what is in the build or a package by its path there, anything else by its name. */
export function withShortUrls(profile: CpuProfile): CpuProfile {
  const shorten = (url: string): string =>
    url.startsWith('file:')
      ? (/\/((?:dist|node_modules)\/.*)$/.exec(url)?.[1] ?? url.slice(url.lastIndexOf('/') + 1))
      : url;
  const nodes = profile.nodes.map((node) => ({
    ...node,
    callFrame: { ...node.callFrame, url: shorten(node.callFrame.url) },
  }));
  return { ...profile, nodes };
}
