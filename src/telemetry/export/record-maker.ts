import { type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { type AnyValueMap, type Logger, SeverityNumber } from '@opentelemetry/api-logs';

/** Makes log records of lines of the access log: the line's fields are the attributes, under the same names. */
export class RecordMaker {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param line one JSON object, as LineRenderer makes it */
  make(line: string): void {
    const { time, traceId, spanId, ...fields } = JSON.parse(line) as AnyValueMap;
    const isError = Number(fields.status) >= 500 || Number(fields.status) === 0;
    this.#logger.emit({
      timestamp: new Date(String(time)),
      severityNumber: isError ? SeverityNumber.ERROR : SeverityNumber.INFO,
      severityText: isError ? 'ERROR' : 'INFO',
      body: `${fields.method} ${fields.path} ${fields.status}`,
      attributes: fields,
      context: contextOf(traceId, spanId),
    });
  }
}

function contextOf(traceId: unknown, spanId: unknown): Context {
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.NONE });
}
