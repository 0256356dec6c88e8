/**
 * What the supervisor publishes and acceptors read: plain data (MessagePack in shared memory), every default filled in,
 * every duration in milliseconds, every reference resolved.
 */
import type { Bytes, EndpointRow, Millis, PolicyId, SeriesId, UpstreamId } from '../brand.ts';
import type { KeySetOptions } from '../decision/policies/jwt/jwt-options.ts';
import type { SecretPlaces } from '../recording/secret-names.ts';
import type { KeySource, RetryRules, Split, UpstreamCare } from './compiled-care.ts';
import type { CompiledTelemetry } from './compiled-telemetry.ts';
import type { ListenerTls, UpstreamTls } from './compiled-tls.ts';

/** How a listener treats spellings of a path that upstreams are known to read in different ways. */
export interface PathRules {
  /** `%2F` and `%5C`: refuse the request, forward as they are, or decode into a separator. */
  readonly encodedSlash: 'reject' | 'keep' | 'decode';
  /** `//`: merged into one slash, refused, or forwarded as it is. */
  readonly emptySegments: 'merge' | 'reject' | 'keep';
}

export interface CompiledListener {
  readonly name: string;
  /** Where the supervisor listens: a host and port, or the path of a unix socket. */
  readonly address: { readonly host: string; readonly port: number } | { readonly unix: string };
  /** Null: plain HTTP. */
  readonly tls: ListenerTls | null;
  /** Headers that the gateway alone writes, on whatever listener: those of clients are dropped. In lower case; null: none. */
  readonly ownHeaders: readonly string[] | null;
  /** CIDR blocks, as written, of peers whose X-Forwarded-* and X-Request-Id are believed. */
  readonly trustedProxies: readonly string[];
  readonly chunkedRequests: 'accept' | 'reject';
  readonly path: PathRules;
  readonly limits: {
    readonly headerBytes: Bytes;
    readonly headerCount: number;
    readonly bodyBytes: Bytes;
    /** Open connections of one acceptor; beyond it new ones wait in the kernel's queue. */
    readonly connections: number;
    /** A kept-alive connection without a request. */
    readonly idleTimeout: Millis;
    /** From the first byte of a connection to the end of a request head. */
    readonly headerTimeout: Millis;
    /** Between two pieces of a request body; also how long a response waits for a client that has stopped reading. */
    readonly bodyTimeout: Millis;
  };
}

export interface CompiledEndpoint {
  /** `http://host:port` as metrics and logs show it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Positive integer share of the requests. */
  readonly weight: number;
  /** Where its state lies in the shared memory; NO_ROW: it has none, and counts as healthy. */
  readonly row: EndpointRow;
}

export interface CompiledUpstream {
  readonly name: string;
  readonly series: SeriesId;
  /** Null: plain HTTP. */
  readonly tls: UpstreamTls | null;
  readonly endpoints: readonly CompiledEndpoint[];
  readonly balance: 'roundRobin' | 'leastRequests' | 'randomTwo' | 'hash';
  /** What `hash` goes by; null for the others. */
  readonly hashBy: KeySource | null;
  /** Where what concerns the upstream as a whole lies in the shared memory. */
  readonly row: EndpointRow;
  /** Null: no health checks, circuits or limits. */
  readonly care: UpstreamCare | null;
  readonly connections: {
    /** At most this many connections to one endpoint from one acceptor. */
    readonly perEndpoint: number;
    /** A pooled connection without a request is closed after this; keep it below the upstream's own. */
    readonly idleTimeout: Millis;
    readonly connectTimeout: Millis;
    /** Exchanges of one acceptor that may wait for a connection of this upstream; 0: none. */
    readonly queue: number;
    readonly queueTimeout: Millis;
  };
}

/** One route as an acceptor uses it; decoded on first use, then cached. */
export interface RouteRecord {
  readonly name: string;
  /** `file:line:column` of the route in the config. */
  readonly source: string;
  readonly series: SeriesId;
  /** Its path pattern, as written: what parameters of the path are named by. */
  readonly path: string;
  /** In the order in which requests pass them; null: none. */
  readonly policies: readonly PolicyId[] | null;
  readonly forward: {
    /** NO_UPSTREAM: a policy answers every request, or `split` says where they go. */
    readonly upstream: UpstreamId;
    /** Upstreams that share the requests; null: there is one. */
    readonly split: Split | null;
    /** Where requests go that cannot be served otherwise; NO_UPSTREAM: nowhere. */
    readonly failover: UpstreamId;
    /** Prefix taken off the path before forwarding, or null. Whole segments; what is left begins with `/`. */
    readonly stripPrefix: string | null;
    /** `preserve`: the client's Host goes on; `upstream`: the endpoint's; anything else is sent as written. */
    readonly host: string;
    /** The whole exchange, from request head to the last byte of the response; 0: no limit. */
    readonly timeout: Millis;
    /** From the request being sent to the response head. */
    readonly headTimeout: Millis;
    /** Between two pieces of the response body. */
    readonly idleTimeout: Millis;
    /** Attempts after the first, at most, each on another endpoint where there is one. */
    readonly retries: number;
    /** True: a request whose reused connection closed without an answer is repeated also when its method is not idempotent. */
    readonly retryNonIdempotent: boolean;
    /** What is worth a retry and when; null: whatever is safe, at once. */
    readonly retry: RetryRules | null;
  };
}

/** What `forward.upstream` is when a route has none. */
export const NO_UPSTREAM = -1 as UpstreamId;

/** One policy at one place of the config; decoded on first use. */
export interface CompiledPolicy {
  /** Its name in the registry of policies. */
  readonly policy: string;
  /** What its `create` takes. Plain data. */
  readonly options: unknown;
  /** Names its place, for what it counts: see `PolicyHost.scope`. */
  readonly scope: string;
  /** `file:line:column`. */
  readonly source: string;
}

/** The name under which policies of users stand among compiled ones; their options are a `ModuleOptions`. */
export const USER_POLICY = 'use';

export interface ModuleOptions {
  /** Digest of the module. */
  readonly module: string;
  readonly options: unknown;
}

/** A user's module with everything it imports. */
export interface CompiledModule {
  /** Of its policy. */
  readonly phase: string;
  readonly digest: string;
  /** Absolute path, for stack traces. */
  readonly file: string;
  /** CommonJS. */
  readonly code: string;
}

export interface CompiledConsumer {
  readonly name: string;
  readonly groups: readonly string[];
  /** SHA-256 of each key, in hex: what is shared is no secret. */
  readonly keyDigests: readonly string[];
  readonly subjects: readonly string[];
  /** Fingerprints in lower-case hex, alternative names and subjects of certificates. */
  readonly certificates: readonly string[];
  readonly passwords: readonly string[];
}

/** Everything of a snapshot but its routes and policies: decoded whole by each acceptor when it takes the snapshot over. */
export interface CompiledGlobals {
  readonly listeners: readonly CompiledListener[];
  readonly upstreams: readonly CompiledUpstream[];
  readonly consumers: readonly CompiledConsumer[];
  /** Code of users' policies. */
  readonly modules: readonly CompiledModule[];
  readonly telemetry: CompiledTelemetry;
  /** Threads of each acceptor for work that would hold up its loop; 0: none. */
  readonly offloadThreads: number;
  /** What the supervisor fetches for policies. */
  readonly keySets: readonly KeySetOptions[];
  /** What the response store of each acceptor may hold. */
  readonly cacheBytes: number;
  /** Folder of the store that quotas are kept in; null: there are no quotas. */
  readonly quotaStore: string | null;
  /** Where policies look for credentials, beside Authorization and cookies: what a recording must not hold. */
  readonly credentialPlaces: SecretPlaces;
}
