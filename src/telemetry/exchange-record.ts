import type { Millis, SeriesId } from '../brand.ts';
import type { ErrorCode } from '../errors/table.ts';

/**
 * What is known of an exchange when it ends: the one record that metrics and the access log are made from.
 *
 * Time is split in three, so that a slow upstream, a slow client and a slow gateway can be told apart:
 *
 *   request head in                    head from upstream           last byte handed over
 *   |-- gateway --|---- upstream ----|-- gateway --|-- transfer ----|
 *
 * `gatewayMs` is both gateway stretches; `upstreamMs` is every wait for a connection or a response head, all attempts
 * added up; `transferMs` is the streaming of the response body after its head, whoever it waited for.
 */
export interface ExchangeRecord {
  readonly requestId: string;
  /** Of its trace and of the gateway's span in it; null: tracing is off. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  /** As the listener's trust rules found it. */
  readonly clientIp: string;
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  /** Normalised path without the query, which may hold secrets. */
  readonly path: string;
  /** Final status sent to the client; 0 when none was. */
  readonly status: number;
  /** The gateway's own error, or null when the upstream's answer went through. */
  readonly error: ErrorCode | null;
  /** Null when no route matched. */
  readonly route: { readonly name: string; readonly series: SeriesId } | null;
  /** Null when the exchange never got as far as choosing one. */
  readonly upstream: { readonly name: string; readonly series: SeriesId } | null;
  readonly endpoint: string | null;
  readonly consumer: string | null;
  /** Whether the response came out of the cache. Null: none was asked. */
  readonly cacheResult: 'hit' | 'miss' | null;
  /** Attempts made at an upstream: 0 when the gateway answered itself. */
  readonly attempts: number;
  readonly gatewayMs: Millis;
  readonly upstreamMs: Millis;
  readonly transferMs: Millis;
  /** Limits on trial that would have refused it. */
  readonly dryRunRefusals: number;
  /** Body bytes received from the client and sent to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}
