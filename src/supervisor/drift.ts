import type { PulledLever } from './levers/pulled-lever.ts';

/** A snapshot as it is told of: what its author calls it, where he calls it something. */
export interface NamedSnapshot {
  readonly id: string;
  readonly label: string | null;
}

/** Something that went wrong, and when. */
export interface Trouble {
  /** ISO 8601. */
  readonly at: string;
  readonly message: string;
}

/** How far what runs is from what the source says. */
export interface Drift {
  readonly isDrifting: boolean;
  readonly live: NamedSnapshot;
  readonly source: {
    readonly description: string;
    /** What it said when it was last read; null: what it said could not be used. */
    readonly snapshot: NamedSnapshot | null;
    /** Why not; null: it could be, and was taken or tried out. `label`: of what was refused. */
    readonly refusal: (Trouble & { readonly label: string | null }) | null;
    /** What it was called when it was last asked, which may be newer than what was read; null: nothing. */
    readonly label: string | null;
    /** When it last answered. ISO 8601; null: never since the start. */
    readonly answeredAt: string | null;
    /** Why it cannot be reached; null: it can. No drift by itself: what it says now is not known. */
    readonly unreachable: Trouble | null;
    /** What came of trying out what it says; null: it was not tried out. */
    readonly trial: 'watching' | 'aborted' | null;
  };
  /** A sentence for each way in which they differ. */
  readonly reasons: readonly string[];
  /** Oldest first. */
  readonly levers: readonly PulledLever[];
}

export type Sides = Pick<Drift, 'live' | 'source' | 'levers'>;

/**
 * Compares what runs with what the source says.
 *
 *   refused        what it says now cannot be taken, or none of what it says could be since the start
 *   on trial       some acceptors serve what it says; or they did, and it was given up
 *   rolled back    what it says could be taken, and something else runs
 *   by hand        levers are pulled
 */
export function driftOf({ live, source, levers }: Sides): Drift {
  const config = configReason(live, source);
  const reasons = [
    ...(config === null ? [] : [config]),
    ...(levers.length > 0 ? [`${levers.length} ${levers.length === 1 ? 'lever is' : 'levers are'} pulled.`] : []),
  ];
  return { isDrifting: reasons.length > 0, live, source, reasons, levers };
}

function configReason(live: NamedSnapshot, { snapshot, refusal, unreachable, trial }: Drift['source']): string | null {
  // That it cannot be reached is written down as a refusal too, of nothing that has a name.
  const isRefused = refusal !== null && (unreachable === null || refusal.label !== null);
  if (!isRefused && unreachable !== null && snapshot === null)
    return `The source cannot be reached; the last good snapshot ${nameOf(live)} runs.`;
  if (isRefused || snapshot === null) {
    const what = refusal?.label == null ? 'What the source says' : `The source's ${refusal.label}`;
    return `${what} cannot be used; the last good snapshot ${nameOf(live)} runs.`;
  }
  if (snapshot.id === live.id) return null;
  if (trial === 'watching') return `The source's ${nameOf(snapshot)} is on trial; ${nameOf(live)} runs on the others.`;
  if (trial === 'aborted') return `The source's ${nameOf(snapshot)} was tried out and given up; ${nameOf(live)} runs.`;
  return `The source's ${nameOf(snapshot)} was rolled back; ${nameOf(live)} runs.`;
}

function nameOf({ id, label }: NamedSnapshot): string {
  return label === null ? id : `${label} (${id})`;
}
