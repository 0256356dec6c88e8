import type { AcceptorSlot } from '../brand.ts';
import type { AccessLogTarget, CompiledTelemetry, CompiledTracing } from '../config/compiled-telemetry.ts';
import type { ControlWords } from '../shared-memory/control-words.ts';
import { AccessLog, type LineSink } from '../telemetry/access-log.ts';
import type { ExportedKind, ExportOptions } from '../telemetry/export/export-protocol.ts';
import { ExportThread, type ExportTotals, NOTHING_EXPORTED } from '../telemetry/export/export-thread.ts';
import { gatewayLog } from '../telemetry/gateway-log.ts';
import { VERSION } from '../version.ts';
import { Tracing } from './tracing/tracing.ts';

/** How long the last lines and spans may take when an acceptor leaves, or when what they go to changes. */
const FLUSH_LIMIT_MS = 1000;
/** Lines that go to the export thread together. */
const CHUNK_BYTES = 64 * 1024;

/** Everything an acceptor tells about its exchanges: access log, traces, and the thread that exports them. */
export class AcceptorTelemetry {
  /** Null: no access log. */
  accessLog: AccessLog | null = null;
  /** Null: tracing is off. */
  tracing: Tracing | null = null;
  readonly #instance: string;
  readonly #control: ControlWords;
  readonly #slot: AcceptorSlot;
  #thread: ExportThread | null = null;
  /** What is in use was made from these. */
  #threadKey = 'null';
  #tracingKey = 'null';
  #logKey = 'null';
  /** What was told of the thread's totals. */
  #published = NOTHING_EXPORTED;

  /**
   * @param gateway its name: with this process's id, it names the acceptor where spans are collected
   * @param control where what is lost and exported is counted, under the acceptor's slot
   */
  constructor(gateway: string, control: ControlWords, slot: AcceptorSlot) {
    this.#instance = `${gateway}-${process.pid}`;
    this.#control = control;
    this.#slot = slot;
  }

  /** Goes by this config from now on. A log that stays the same is reopened, which is what a rotation wants of a reload. */
  use(telemetry: CompiledTelemetry): void {
    gatewayLog.configure(telemetry.log);
    this.#useThread(telemetry);
    this.#useTracing(telemetry.tracing);
    this.#useAccessLog(telemetry.accessLog);
  }

  /** The access log's file has been moved. Resolves when nothing more will be written to the old one. */
  async reopenLog(): Promise<void> {
    await this.accessLog?.reopen();
  }

  /** Tells what the export thread has counted since the last time. */
  publishCounts(): void {
    if (this.#thread === null) return;
    const { totals } = this.#thread;
    this.#count(difference(totals, this.#published));
    this.#published = totals;
  }

  /** Writes and exports what is left, for at most FLUSH_LIMIT_MS. The last call. */
  async close(): Promise<void> {
    this.tracing?.flush();
    // The log hands over what it has before it waits for anything.
    await Promise.all([this.accessLog?.close(FLUSH_LIMIT_MS), this.#thread?.close(FLUSH_LIMIT_MS)]);
    this.publishCounts();
  }

  #count({ exported, failed, dropped, lostLines }: ExportTotals): void {
    this.#control.add(this.#slot, 'LOG_LINES_DROPPED', lostLines);
    this.#control.count(this.#slot, 'SPANS_EXPORTED', exported);
    this.#control.count(this.#slot, 'SPANS_FAILED', failed);
    this.#control.count(this.#slot, 'SPANS_DROPPED', dropped);
  }

  #useThread({ tracing, accessLog, serviceName }: CompiledTelemetry): void {
    const [traces, logs] = [tracing?.to ?? null, accessLog?.otlp ?? null];
    const options: ExportOptions = { serviceName, version: VERSION, instance: this.#instance, traces, logs };
    const isNeeded = traces !== null || logs !== null;
    const key = JSON.stringify(isNeeded ? options : null);
    if (key === this.#threadKey) return;
    this.#threadKey = key;
    if (this.#thread !== null) this.#retire(this.#thread);
    this.#thread = isNeeded ? new ExportThread(options, { onTrouble: reportExportTrouble }) : null;
  }

  /** The thread goes on for a moment with what it has; what comes of that is told when it has ended. */
  #retire(thread: ExportThread): void {
    this.#useTracing(null);
    if ((JSON.parse(this.#logKey) as AccessLogTarget | null)?.otlp != null) this.#useAccessLog(null);
    const before = this.#published;
    this.#published = NOTHING_EXPORTED;
    void thread.close(FLUSH_LIMIT_MS).then(() => this.#count(difference(thread.totals, before)));
  }

  #useTracing(rules: CompiledTracing | null): void {
    const key = JSON.stringify(rules);
    if (key === this.#tracingKey) return;
    this.#tracingKey = key;
    this.tracing?.flush();
    this.tracing = rules === null ? null : new Tracing(rules, this.#thread!);
  }

  #useAccessLog(target: AccessLogTarget | null): void {
    const key = JSON.stringify(target);
    if (key === this.#logKey) {
      void this.accessLog?.reopen();
      return;
    }
    this.#logKey = key;
    void this.accessLog?.close(FLUSH_LIMIT_MS);
    this.accessLog = target === null ? null : this.#createLog(target);
  }

  #createLog(target: AccessLogTarget): AccessLog {
    return new AccessLog(target, {
      onLost: (lostLines) => this.#count({ ...NOTHING_EXPORTED, lostLines }),
      onTrouble: (error) => gatewayLog.warn(`the access log loses lines: ${error.message}`),
      ...(target.otlp !== null && { sink: sinkOf(this.#thread!) }),
    });
  }
}

/** The thread is closed by its owner, when it has the last lines. */
function sinkOf(thread: ExportThread): LineSink {
  return {
    chunkBytes: CHUNK_BYTES,
    write: (chunk, lines) => thread.sendLines(chunk, lines),
    close: () => Promise.resolve(),
  };
}

function difference(now: ExportTotals, before: ExportTotals): ExportTotals {
  return {
    exported: now.exported - before.exported,
    failed: now.failed - before.failed,
    dropped: now.dropped - before.dropped,
    lostLines: now.lostLines - before.lostLines,
  };
}

function reportExportTrouble(of: ExportedKind, reason: string | null): void {
  const what = of === 'spans' ? 'spans' : 'lines of the access log';
  if (reason === null) gatewayLog.info(`${what} are exported again`);
  else gatewayLog.warn(`${what} cannot be exported: ${reason}`, { reason });
}
