import type { AccessLogTarget, CompiledTelemetry, CompiledTracing } from './compiled-telemetry.ts';
import type { Config } from './schema/schema.ts';
import { besideSource } from './source/beside-source.ts';
import type { Source } from './source/source.ts';

type Telemetry = Config['telemetry'];

/** The `telemetry` section as acceptors and the supervisor go by it. */
export function compileTelemetry(
  { accessLog, tracing, log, serviceName }: Telemetry,
  source: Source,
): CompiledTelemetry {
  return { accessLog: compileAccessLog(accessLog, source), tracing: compileTracing(tracing), log, serviceName };
}

function compileAccessLog(accessLog: Telemetry['accessLog'], source: Source): AccessLogTarget | null {
  if (accessLog === 'none' || accessLog.to === 'none') return null;
  const { to, sample } = accessLog;
  if (to === 'stdout') return { file: null, sample, rotate: null, otlp: null };
  if ('otlp' in to) {
    const { otlp: url, headers, timeout } = to;
    return { file: null, sample, rotate: null, otlp: { url, headers, timeout } };
  }
  const file = besideSource(source, ['telemetry', 'accessLog', 'to', 'file'], to.file);
  return { file, sample, rotate: to.rotate ?? null, otlp: null };
}

function compileTracing(tracing: Telemetry['tracing']): CompiledTracing | null {
  if (tracing === undefined) return null;
  const { to, sample, errors, header, trust, clientAddress } = tracing;
  return {
    to: { url: to.otlp, headers: to.headers, timeout: to.timeout },
    sample,
    errors,
    header: header === undefined ? null : { name: header.name, value: header.value ?? null },
    trust,
    clientAddress,
  };
}
