import { KnownRoutes } from './known-routes.ts';
import type { SourceResult } from './source/source.ts';

/** A file as it was read last. */
export interface KnownFile {
  /** Its path. */
  readonly file: string;
  readonly text: string;
  /** Of the last text that was free of mistakes. */
  readonly result: SourceResult;
}

/**
 * What loads of the same config leave for each other; see `known-routes.ts` for what holds of it. Holds the files and routes of
 * the last config: several times the room that its text takes.
 */
export class LoadMemory {
  readonly routes = new KnownRoutes();
  /** By name without folder: a repository may be checked out to another folder each time. */
  readonly files = new Map<string, KnownFile>();
}
