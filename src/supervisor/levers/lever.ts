/**
 * What an operator changes by hand while a gateway runs, on top of its config: for an emergency, for a while. Every lever that is
 * pulled is drift, listed with who pulled it, why and until when, and let go of when its time is over.
 */
import type { LogLevel } from '../../config/schema/log-level.ts';

export type Lever =
  /** Every request of the route is answered by the gateway, 503 `route_disabled`. */
  | { readonly kind: 'kill-route'; readonly route: string }
  /** The limits of the route's `rateLimit` policies are this one instead; for a route without one it is added, by `by`. */
  | { readonly kind: 'limit'; readonly route: string; readonly limit: string; readonly burst: number | null }
  /** Nothing new is sent to the endpoint. The last one of an upstream can be taken out too: then there is none. */
  | { readonly kind: 'endpoint-out'; readonly upstream: string; readonly endpoint: string }
  | { readonly kind: 'log-level'; readonly level: LogLevel };

export interface PulledLever {
  /** Short, for `penstock levers --release ID`. */
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
