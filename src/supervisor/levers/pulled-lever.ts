/**
 * What an operator changes by hand while a gateway runs, on top of its config: for an emergency, for a while. Every lever that is
 * pulled is drift, listed with who pulled it, why and until when, and let go of when its time is over.
 */
import type { Lever } from '../../ipc.ts';

export interface PulledLever {
  /** Short, to let go of it by. */
  readonly id: string;
  readonly lever: Lever;
  /** Name of the admin token; null: nobody had to show one. */
  readonly who: string | null;
  readonly why: string;
  /** ISO 8601. */
  readonly at: string;
  /** ISO 8601; null: until somebody lets go of it. */
  readonly until: string | null;
}
