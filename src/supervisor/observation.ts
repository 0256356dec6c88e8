import type { AcceptorSlot, Generation, SeriesId } from '../brand.ts';
import type { CertificateRecord } from '../config/certificates.ts';
import type { SeriesName } from '../config/series.ts';
import type { Purge } from '../decision/policies/cache/purge.ts';
import type { SlotCounter } from '../shared-memory/control-words.ts';
import { SLOT_STATE } from '../shared-memory/layout.ts';
import { SlabReader } from '../shared-memory/slab-reader.ts';
import { bucketEvictions } from '../shared-memory/token-buckets.ts';
import {
  type EndpointReading,
  type RefusedRetries,
  readEndpoints,
  readRefusedRetries,
} from '../telemetry/endpoint-reading.ts';
import { latencies, type RouteLatencies } from '../telemetry/latencies.ts';
import type { AcceptorReading, MetricsSource } from '../telemetry/metrics-source.ts';
import { MetricsPage } from '../telemetry/prometheus.ts';
import { traffic } from '../telemetry/traffic.ts';
import { VERSION } from '../version.ts';
import type { AcceptorProcess } from './acceptor-process.ts';
import type { AdminSource } from './admin/admin-source.ts';
import type { AcceptorStatus, Status } from './admin/status.ts';
import type { RecordingRequest } from './recordings/recording-request.ts';
import type { RecordingSession } from './recordings/recording-session.ts';
import type { Supervisor } from './supervisor.ts';

/** Routes and upstreams shown on the status page. */
const MOST_SHOWN = 50;
/** A heartbeat comes each second; three missed ones are no hiccup. */
const UNRESPONSIVE_AFTER_MS = 3000;

/** What operators see of a gateway, read from shared memory: no acceptor is asked, and none can hold up an answer but a purge's. */
export class Observation implements MetricsSource, AdminSource {
  readonly version = VERSION;
  readonly slabs: SlabReader;
  readonly #supervisor: Supervisor;
  readonly #page: MetricsPage;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    const { memory } = supervisor;
    const slabs = Array.from({ length: memory.plan.slots }, (_, slot) => memory.slab(slot as AcceptorSlot));
    // Those of free slots too: what their acceptors counted still counts.
    this.slabs = new SlabReader(slabs, memory.control.header('SERIES'));
    this.#page = new MetricsPage(this);
  }

  nameOf(series: SeriesId): SeriesName | null {
    return this.#supervisor.publisher.nameOf(series);
  }

  publishedGeneration(): Generation {
    return this.#supervisor.publisher.generation;
  }

  acceptorRestarts(): number {
    return this.#supervisor.fleet.restarts;
  }

  accessLogDropped(): number {
    const { control, plan } = this.#supervisor.memory;
    let lines = 0;
    for (let slot = 0; slot < plan.slots; slot++) lines += control.get(slot as AcceptorSlot, 'LOG_LINES_DROPPED');
    return lines;
  }

  spans(): ReturnType<MetricsSource['spans']> {
    const { control, plan } = this.#supervisor.memory;
    const slots = Array.from({ length: plan.slots }, (_, slot) => slot as AcceptorSlot);
    const sum = (counter: SlotCounter): number =>
      slots.reduce((total, slot) => total + control.counter(slot, counter), 0);
    return { exported: sum('SPANS_EXPORTED'), failed: sum('SPANS_FAILED'), dropped: sum('SPANS_DROPPED') };
  }

  bucketEvictions(): number {
    return bucketEvictions(this.#supervisor.memory.buckets);
  }

  acceptors(): readonly AcceptorReading[] {
    const { control } = this.#supervisor.memory;
    return this.#bySlot().map(({ slot }) => ({
      slot,
      generation: control.get(slot, 'ACKNOWLEDGED_GENERATION') as Generation,
      openConnections: control.get(slot, 'OPEN_CONNECTIONS'),
      exchangesInFlight: control.get(slot, 'EXCHANGES_IN_FLIGHT'),
    }));
  }

  endpoints(): readonly EndpointReading[] {
    const { endpoints, live } = this.#supervisor;
    return readEndpoints(endpoints, live.globals.upstreams, sharedNow());
  }

  refusedRetries(): readonly RefusedRetries[] {
    const { endpoints, live } = this.#supervisor;
    return readRefusedRetries(endpoints, live.globals.upstreams);
  }

  certificates(): readonly CertificateRecord[] {
    return this.#supervisor.certificates.records;
  }

  async metrics(): Promise<{ text: string; contentType: string }> {
    return { text: await this.#page.render(), contentType: this.#page.contentType };
  }

  latencies(): readonly RouteLatencies[] {
    return latencies(this);
  }

  purgeCache(purge: Purge): Promise<{ readonly acceptors: number; readonly dropped: number }> {
    return this.#supervisor.fleet.purgeCache(purge);
  }

  record(request: RecordingRequest): RecordingSession | null {
    return this.#supervisor.recordings.start(request);
  }

  stopRecording(number: number): boolean {
    return this.#supervisor.recordings.stop(number);
  }

  status(): Status {
    const { startedAt, viaPseudonym, source, publication } = this.#supervisor;
    const { live, publishedAt, lastRefusal, sourceId } = publication;
    return {
      version: this.version,
      instance: viaPseudonym,
      startedAt: startedAt.toISOString(),
      uptimeSeconds: Math.floor((Date.now() - startedAt.getTime()) / 1000),
      config: {
        source: source.description,
        generation: this.publishedGeneration(),
        snapshot: live.id,
        label: live.label,
        sourceSnapshot: sourceId,
        publishedAt: publishedAt.toISOString(),
        lastError: lastRefusal === null ? null : { at: lastRefusal.at.toISOString(), message: lastRefusal.message },
      },
      acceptors: this.#bySlot().map((acceptor) => this.#statusOf(acceptor)),
      acceptorRestarts: this.acceptorRestarts(),
      routes: traffic(this, 'route', MOST_SHOWN),
      upstreams: traffic(this, 'upstream', MOST_SHOWN),
      endpoints: this.endpoints(),
      unrouted: this.slabs.readUnrouted().requests.reduce((sum, count) => sum + count, 0),
      accessLog: { droppedLines: this.accessLogDropped() },
      keySets: this.#supervisor.keySets.statuses,
      certificates: this.#supervisor.certificates.statuses,
    };
  }

  #statusOf(acceptor: AcceptorProcess): AcceptorStatus {
    const { control } = this.#supervisor.memory;
    const { slot } = acceptor;
    const heartbeatAgeMs = acceptor.heartbeat.ageMs;
    return {
      slot,
      pid: acceptor.pid ?? 0,
      state: heartbeatAgeMs > UNRESPONSIVE_AFTER_MS ? 'unresponsive' : STATES[control.get(slot, 'STATE')]!,
      heartbeatAgeSeconds: Math.floor(heartbeatAgeMs / 1000),
      generation: control.get(slot, 'ACKNOWLEDGED_GENERATION'),
      openConnections: control.get(slot, 'OPEN_CONNECTIONS'),
      exchangesInFlight: control.get(slot, 'EXCHANGES_IN_FLIGHT'),
      restarts: this.#supervisor.fleet.restartsOf(acceptor.lane),
    };
  }

  #bySlot(): AcceptorProcess[] {
    return this.#supervisor.fleet.acceptors.toSorted((a, b) => a.slot - b.slot);
  }
}

/** The clock of the endpoint table, as acceptors read it. */
function sharedNow(): number {
  return Number(process.hrtime.bigint() / 1_000_000n) | 0;
}

const STATES: Readonly<Record<number, AcceptorStatus['state']>> = {
  [SLOT_STATE.FREE]: 'starting',
  [SLOT_STATE.SERVING]: 'serving',
  [SLOT_STATE.DRAINING]: 'draining',
};
