/**
 * Integers that must not mix.
 *
 * A route number, an endpoint number and a byte offset are all `number` to the machine; the brand makes the
 * compiler keep them apart. A brand is put on once, where the number is made (`as RouteId`), and never taken off.
 */
declare const brand: unique symbol;

type Branded<Name extends string> = number & { readonly [brand]: Name };

/** Index of a route in one snapshot, in file order. Not stable across generations; the route's name is. */
export type RouteId = Branded<'RouteId'>;

/** Index of a policy, at its place in the config, in one snapshot. Not stable across generations; its scope is. */
export type PolicyId = Branded<'PolicyId'>;

/** Index of an upstream in one snapshot. Not stable across generations. */
export type UpstreamId = Branded<'UpstreamId'>;

/** Index of a metrics series in every acceptor's slab. Stable for a route's or upstream's name while the gateway runs. */
export type SeriesId = Branded<'SeriesId'>;

/** Index of an endpoint's, or an upstream's, state in shared memory. Stable for their names while the gateway runs. */
export type EndpointRow = Branded<'EndpointRow'>;

/** Number of an acceptor's place in shared memory: its control words and its metrics slab. */
export type AcceptorSlot = Branded<'AcceptorSlot'>;

/** Generation of a published snapshot: 1 for the first, one more for each publish. */
export type Generation = Branded<'Generation'>;

/** Milliseconds, as a duration. */
export type Millis = Branded<'Millis'>;

/** Microseconds, as a duration. */
export type Micros = Branded<'Micros'>;

/** Milliseconds on the monotonic clock of this process (`performance.now()`), as a point in time. */
export type MonotonicMs = Branded<'MonotonicMs'>;

/** A size in bytes. */
export type Bytes = Branded<'Bytes'>;

/** An offset in bytes from the start of a shared-memory segment. */
export type ByteOffset = Branded<'ByteOffset'>;
