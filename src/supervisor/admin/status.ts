import type { EndpointReading } from '../../telemetry/endpoint-reading.ts';
import type { Traffic } from '../../telemetry/traffic.ts';
import type { CanaryStatus } from '../canary/canary.ts';
import type { CertificateStatus } from '../certificates/certificate-status.ts';
import type { Cause } from '../history/history-entry.ts';
import type { PulledLever } from '../levers/pulled-lever.ts';

/**
 * What `GET /status` answers, as JSON. `penstock status` reads it from a gateway that may be of another version, so members
 * are only ever added. It holds no secret: neither a resolved reference nor a token.
 */
export interface Status {
  readonly version: string;
  /** Name of this gateway among others, as in its `Via` header. */
  readonly instance: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly config: {
    /** Path of the file or directory, or the repository it comes from. */
    readonly source: string;
    /** Generation published last; 0 before the first. */
    readonly generation: number;
    /** Id of the snapshot that is live, and what its author calls it: a commit, or null. */
    readonly snapshot: string;
    readonly label: string | null;
    /** Id of what the source said when it was last read; another than `snapshot`: there is drift. Null: it could not be used. */
    readonly sourceSnapshot: string | null;
    /** What the source was called when it was last asked: a commit, or null; it may be about to become live. */
    readonly sourceLabel: string | null;
    readonly sourceAnsweredAt: string | null;
    /** Why it cannot be reached; null: it can. */
    readonly sourceUnreachable: { readonly at: string; readonly message: string } | null;
    readonly publishedAt: string | null;
    /** Who or what made it live, and why; null or left out: it is not known. */
    readonly publishedBy?: Cause | null;
    /** Why the newest text was not published; null when it was. */
    readonly lastError: { readonly at: string; readonly message: string } | null;
    /** What runs is not what the source says, or something was changed by hand. */
    readonly isDrifting: boolean;
    /** A sentence for each way in which it is. */
    readonly drift: readonly string[];
    /** Configurations taken since the start, without the first, and not taken. */
    readonly taken: number;
    readonly refused: number;
    /** How often the disk refused to keep the history. */
    readonly historyFailures: number;
  };
  /** What is on trial on some acceptors; null: nothing. */
  readonly canary: CanaryLine | null;
  /** What operators changed by hand. */
  readonly levers: readonly PulledLever[];
  /** One per slot in use, in the order of the slots. */
  readonly acceptors: readonly AcceptorStatus[];
  /** Acceptors started in place of one that died. */
  readonly acceptorRestarts: number;
  /** Routes with the most requests since the start, busiest first; not all of them when there are many. */
  readonly routes: readonly Traffic[];
  readonly upstreams: readonly Traffic[];
  /** Endpoints with health checks, circuits or limits, and those balanced by load. */
  readonly endpoints: readonly EndpointReading[];
  /** Exchanges that no route was found for. */
  readonly unrouted: number;
  readonly accessLog: { readonly droppedLines: number };
  readonly keySets: readonly KeySetStatus[];
  /** Those of listeners, then those of upstreams. */
  readonly certificates: readonly CertificateStatus[];
}

/** Without its routes: those are at `/canary`. */
export type CanaryLine = Omit<CanaryStatus, 'routes'>;

/** A JSON Web Key Set that the gateway fetches. */
export interface KeySetStatus {
  /** Without its query. */
  readonly url: string;
  /** Keys in use; null: none could be had yet, or they are too old. */
  readonly keys: number | null;
  /** When it was last fetched; null: never. */
  readonly fetchedAt: string | null;
  /** The last fetch failed: the keys, if any, are those of the one before. */
  readonly isStale: boolean;
  /** Keys of the set that cannot be used, each with the reason. */
  readonly skipped: readonly string[];
  /** Of the last fetch; null when it worked. */
  readonly lastError: { readonly at: string; readonly message: string } | null;
}

export interface AcceptorStatus {
  readonly slot: number;
  readonly pid: number;
  /** `unresponsive`: alive, but its heartbeat has stopped. */
  readonly state: 'starting' | 'serving' | 'draining' | 'unresponsive';
  /** Since the heartbeat was last seen to change. */
  readonly heartbeatAgeSeconds: number;
  /** Generation it serves; 0 before its first. */
  readonly generation: number;
  readonly openConnections: number;
  readonly exchangesInFlight: number;
  /** How often the acceptor of this slot was started in place of one that died. */
  readonly restarts: number;
}

/** Whether a gateway can take traffic, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
}

/** A gateway is ready when at least one acceptor serves the configuration published last. */
export function readinessOf({ config, acceptors }: Pick<Status, 'config' | 'acceptors'>): Readiness {
  if (config.generation === 0) return { ready: false, reason: 'No configuration has been published.' };
  const serving = acceptors.filter(({ state }) => state === 'serving');
  if (serving.length === 0) return { ready: false, reason: 'No acceptor is serving.' };
  const current = serving.filter(({ generation }) => generation === config.generation).length;
  if (current === 0) return { ready: false, reason: `No acceptor serves generation ${config.generation} yet.` };
  return { ready: true, reason: `${current} of ${acceptors.length} acceptors serve generation ${config.generation}.` };
}
