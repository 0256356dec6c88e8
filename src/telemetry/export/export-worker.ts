/** Entry of an export thread: what the acceptor hands over becomes spans and log records, and goes to the collectors. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { OtlpTarget } from '../../config/compiled-telemetry.ts';
import { CountedExport, type CountedExportOptions } from './counted-export.ts';
import {
  COUNT,
  type CountWord,
  type ExportedKind,
  type ExportOptions,
  type ExportThreadData,
  type FromExportThread,
  MOST_LINES,
  MOST_SPANS,
  type ToExportThread,
} from './export-protocol.ts';
import { RecordMaker } from './record-maker.ts';
import { GivenIds, SpanMaker } from './span-maker.ts';

const SCOPE = 'penstock';
/** How long a span or record waits at most for others to be exported with. */
const GATHER_MS = 500;
const BATCH = 512;
/** Exports under way at one time. One, but at the end, when everything that is left goes at once. */
const MOST_EXPORTS = 40;

/** Of niceness (nice(2)), which Linux keeps for each thread: on a busy core it is spans that wait, not requests. */
const NICENESS = 10;

const { options, counts } = workerData as ExportThreadData;
const words = new Float64Array(counts);
const resource = resourceOf(options);
const tracing = options.traces === null ? null : openTraces(options.traces);
const logging = options.logs === null ? null : openLogs(options.logs);

setPriority(NICENESS);
parentPort!.on('message', (message: ToExportThread) => {
  switch (message.kind) {
    case 'spans':
      for (const facts of message.facts) tracing!.maker.make(facts);
      return;
    case 'lines':
      for (const line of message.chunk.split('\n')) if (line !== '') logging!.maker.make(line);
      return;
    case 'close':
      void close();
      return;
    default:
      message satisfies never;
  }
});

/** What cannot be exported any more has been counted as failed already. */
async function close(): Promise<void> {
  await Promise.allSettled([tracing?.provider.shutdown(), logging?.provider.shutdown()]);
  process.exit(0);
}

function openTraces(to: OtlpTarget) {
  const ids = new GivenIds();
  const exporter = new CountedExport(
    new OTLPTraceExporter(exporterOptions(to)),
    counting('spans', to, COUNT.SPANS_EXPORTED, COUNT.SPANS_FAILED),
  );
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 2 * MOST_SPANS, ...batching(to) })],
  });
  return { provider, maker: new SpanMaker(provider.getTracer(SCOPE, options.version), ids) };
}

function openLogs(to: OtlpTarget) {
  const exporter = new CountedExport(
    new OTLPLogExporter(exporterOptions(to)),
    counting('lines', to, COUNT.LINES_EXPORTED, COUNT.LINES_FAILED),
  );
  const provider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter, maxQueueSize: 2 * MOST_LINES, ...batching(to) })],
  });
  return { provider, maker: new RecordMaker(provider.getLogger(SCOPE, options.version)) };
}

function exporterOptions({ url, headers, timeout }: OtlpTarget) {
  return { url, headers: Object.fromEntries(headers), timeoutMillis: timeout, concurrencyLimit: MOST_EXPORTS };
}

/** The last retry of an export may begin just before its time is over. */
function exportLimit({ timeout }: OtlpTarget): number {
  return 2 * timeout;
}

function batching(to: OtlpTarget) {
  return {
    scheduledDelayMillis: GATHER_MS,
    maxExportBatchSize: BATCH,
    exportTimeoutMillis: exportLimit(to) + GATHER_MS,
  };
}

function counting(of: ExportedKind, to: OtlpTarget, exported: CountWord, failed: CountWord): CountedExportOptions {
  return {
    limitMs: exportLimit(to),
    onDone: (items, isExported) => {
      words[isExported ? exported : failed]! += items;
    },
    onTrouble: (reason) => parentPort!.postMessage({ kind: 'trouble', of, reason } satisfies FromExportThread),
  };
}

function resourceOf({ serviceName, version, instance }: ExportOptions): Resource {
  return resourceFromAttributes({
    'service.name': serviceName,
    'service.version': version,
    'service.instance.id': instance,
  });
}
