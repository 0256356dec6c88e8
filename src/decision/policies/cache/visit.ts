import type { SavedChanges } from '../../header-changes.ts';
import type { CacheControl } from './cache-control.ts';
import type { ForwardReason } from './cache-status.ts';
import type { Fill } from './fill.ts';
import type { Filling } from './filling.ts';
import type { Place } from './response-store.ts';
import type { StoredResponse } from './stored-response.ts';

/** A request at one cache policy: what it found, and what it has begun. */
export class Visit {
  readonly place: Place;
  readonly control: CacheControl;
  /** By the monotonic clock. */
  readonly startedAt: number;
  /** See `ResponseStore.epoch`. */
  readonly epoch: number;
  /** The client's condition, or its wish for a part: what the origin answers may be no whole response. */
  readonly isConditional: boolean;
  readonly hasRange: boolean;

  /** What is stored for it, fresh or not. */
  stored: StoredResponse | null = null;
  /** The origin is asked whether `stored` still holds. */
  isRevalidating = false;
  /** Why it goes to the origin. */
  forward: ForwardReason = 'uri-miss';
  /** It has waited for another's answer. */
  isCollapsed = false;
  /** It waits for nobody any more. */
  isAlone = false;
  fillKey = '';
  /** The fill that others wait for, when this request is the one that fills. */
  fill: Fill | null = null;
  filling: Filling | null = null;
  /** The number of refreshes counts it. */
  isRefresh = false;
  /** Header changes as they stood when the request left for the origin. */
  requestChanges: SavedChanges | null = null;
  responseChanges: SavedChanges | null = null;

  constructor(parts: Pick<Visit, 'place' | 'control' | 'startedAt' | 'epoch' | 'isConditional' | 'hasRange'>) {
    this.place = parts.place;
    this.control = parts.control;
    this.startedAt = parts.startedAt;
    this.epoch = parts.epoch;
    this.isConditional = parts.isConditional;
    this.hasRange = parts.hasRange;
  }
}
