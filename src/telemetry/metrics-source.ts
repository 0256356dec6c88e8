import type { AcceptorSlot, Generation, SeriesId } from '../brand.ts';
import type { CertificateRecord } from '../config/certificates.ts';
import type { SeriesName } from '../config/series.ts';
import type { SlabReader } from '../shared-memory/slab-reader.ts';
import type { EndpointReading, RefusedRetries } from './endpoint-reading.ts';

/** The control words of one acceptor that lives, as they were when they were read. */
export interface AcceptorReading {
  readonly slot: AcceptorSlot;
  /** The generation this acceptor serves; 0 before its first. */
  readonly generation: Generation | 0;
  readonly openConnections: number;
  readonly exchangesInFlight: number;
}

/** Everything the metrics page is made from. The supervisor implements it; no call may wait or touch an acceptor. */
export interface MetricsSource {
  readonly version: string;
  /** Over the slabs of all slots. */
  readonly slabs: SlabReader;
  /** Null for a series whose route or upstream is in no configuration that anyone serves: it is not shown. */
  nameOf(series: SeriesId): SeriesName | null;
  /** Acceptors alive, in the order of their slots. */
  acceptors(): readonly AcceptorReading[];
  /** Generation of the snapshot published last; 0 before the first. */
  publishedGeneration(): Generation | 0;
  /** Acceptors started in place of one that died, since the supervisor started. */
  acceptorRestarts(): number;
  /** Endpoints whose state is shared. */
  endpoints(): readonly EndpointReading[];
  refusedRetries(): readonly RefusedRetries[];
  /** Certificates in use. */
  certificates(): readonly CertificateRecord[];
  /** Access-log lines lost, summed over all slots. */
  accessLogDropped(): number;
  /** What became of the spans of all acceptors. */
  spans(): { readonly exported: number; readonly failed: number; readonly dropped: number };
  /** Keys that lost a rate-limit bucket to others. */
  bucketEvictions(): number;
}
