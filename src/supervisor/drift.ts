import type { PulledLever } from './levers/pulled-lever.ts';

/** A snapshot as it is told of: what its author calls it, where he calls it something. */
export interface NamedSnapshot {
  readonly id: string;
  readonly label: string | null;
}

/** How far what runs is from what the source says. */
export interface Drift {
  readonly isDrifting: boolean;
  readonly live: NamedSnapshot;
  readonly source: {
    readonly description: string;
    /** What it said when it was last read; null: what it said could not be used. */
    readonly snapshot: NamedSnapshot | null;
    /** Why not; null: it could be, and was taken or tried out. */
    readonly refusal: { readonly at: string; readonly message: string } | null;
  };
  /** A sentence for each way in which they differ. */
  readonly reasons: readonly string[];
  /** Oldest first. */
  readonly levers: readonly PulledLever[];
}

type Sides = Pick<Drift, 'live' | 'source' | 'levers'>;

export function driftOf({ live, source, levers }: Sides): Drift {
  const reasons: string[] = [];
  if (source.snapshot === null) reasons.push('What the source says cannot be used; the last good snapshot runs.');
  else if (source.snapshot.id !== live.id) reasons.push('Another snapshot runs than the one the source says.');
  if (levers.length > 0) reasons.push(`${levers.length} ${levers.length === 1 ? 'lever is' : 'levers are'} pulled.`);
  return { isDrifting: reasons.length > 0, live, source, reasons, levers };
}
