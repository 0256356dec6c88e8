import type { PeerSetup, ScenarioPlace } from '../scenarios/scenario.ts';
import type { Job } from './job.ts';

/** What some jobs ask for that not every gateway has. */
export type Ability = 'tokens' | 'cache' | 'manyRoutes';

/** A gateway of another make: where its binary is, what it cannot do, and how it is told to do a job. */
export interface Peer {
  readonly name: string;
  /** Looked for on the PATH, unless the environment variable names another. */
  readonly binary: { readonly command: string; readonly variable: string };
  /** Arguments that print the version, and where it stands in what they print. */
  readonly version: { readonly args: readonly string[]; readonly pattern: RegExp };
  /** Each with the reason, a sentence. */
  readonly cannot: Readonly<Partial<Record<Ability, string>>>;
  /** So that it has one worker, and keeps what it writes in the folder. */
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
  /** In the foreground and with one worker, as its own documentation advises for the job. */
  configure(job: Job, place: ScenarioPlace): PeerSetup;
  /** Arguments that check the files of `configure` and start nothing; null where there is no such thing. */
  check(folder: string): readonly string[] | null;
}
