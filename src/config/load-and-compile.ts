/** Path to image in one step, plain data in and out, so that it can run in a thread: a large file takes seconds. */

import type { CompileFailure, CompileReply, CompileRequest } from '../offload/protocol.ts';
import { encodeConfig, writeConfigImage } from '../shared-memory/config-image.ts';
import { compile, compileParts } from './compile.ts';
import { CompileMemory } from './compile-memory.ts';
import type { Assignments } from './compile-upstreams.ts';
import { type ConfigPath, type Diagnostic, sortDiagnostics } from './diagnostics.ts';
import { EndpointRows } from './endpoint-rows.ts';
import { digestInputs } from './inputs.ts';
import { lintConfig } from './lint/lint.ts';
import { loadConfig } from './load.ts';
import { Report } from './report.ts';
import { NO_AUDIT } from './schema/admin.ts';
import type { Config } from './schema/schema.ts';
import { emptySeries, SeriesBook } from './series.ts';
import { besideSource } from './source/beside-source.ts';
import type { Source } from './source/source.ts';
import { formatSize } from './units.ts';

/**
 * Loads, checks, compiles and encodes a config. Whatever is wrong with it is in the reply, at its place.
 *
 * @param memory of the compile before, which makes this one faster and nothing else
 */
export function loadAndCompile(request: CompileRequest, memory = new CompileMemory()): CompileReply {
  const begun = performance.now();
  const { loaded, diagnostics, files, texts, beside } = loadConfig(request.path, request.environment, {
    memory: memory.load,
  });
  const inputs = digestInputs(files, texts, beside);
  if (loaded === null) return { ok: false, diagnostics, files, inputs };
  const loadedAt = performance.now();

  const { config, source } = loaded;
  const refuse = (path: ConfigPath, message: string): CompileFailure => {
    const report = new Report(source);
    report.error(path, message);
    return { ok: false, diagnostics: [...diagnostics, ...report.diagnostics], files, inputs };
  };
  const series = new SeriesBook(request.series ?? emptySeries(config.runtime.memory.series));
  const rows = new EndpointRows(request.endpointRows ?? { capacity: config.runtime.memory.endpoints, keys: [] });
  const assignments: Assignments = {
    series: (kind, name) => series.assign(kind, name),
    row: (upstream, endpoint) => rows.assign(upstream, endpoint),
  };
  const parts = compileParts(loaded, assignments);
  let routeTable: Uint8Array;
  try {
    routeTable = memory.routeTable(loaded.routes);
  } catch (error) {
    return refuse(['routes'], `the routes cannot be compiled: ${(error as Error).message}`);
  }
  const warnings = request.lint === true ? lintConfig(loaded, compile(loaded, assignments), routeTable) : [];
  const compiledAt = performance.now();

  const encoded = encodeConfig({ ...parts, routeTable }, memory.encoded);
  memory.encoded = encoded;
  const room = request.roomBytes ?? config.runtime.memory.config;
  if (encoded.bytes > room)
    return refuse(['runtime', 'memory', 'config'], tooLarge(encoded.bytes, room, request.roomBytes !== null));
  const image = new ArrayBuffer(encoded.bytes);
  writeConfigImage(new Uint8Array(image), encoded);
  const timings = {
    loadMs: loadedAt - begun,
    compileMs: compiledAt - loadedAt,
    encodeMs: performance.now() - compiledAt,
  };
  const settings = { admin: compileAdmin(config.admin, source), runtime: config.runtime };
  return {
    ok: true,
    image,
    globals: parts.globals,
    settings,
    series: series.state(),
    endpointRows: rows.state(),
    routes: parts.records.length,
    diagnostics: sortDiagnostics([...diagnostics, ...warnings, ...withoutRows(rows, source)]),
    files,
    inputs,
    texts,
    timings,
  };
}

function compileAdmin(admin: Config['admin'], source: Source): Config['admin'] {
  const { audit } = admin;
  if (audit === undefined || audit === NO_AUDIT) return admin;
  return { ...admin, audit: besideSource(source, ['admin', 'audit'], audit) };
}

function withoutRows(rows: EndpointRows, source: Source): readonly Diagnostic[] {
  const { refused } = rows;
  if (refused === 0) return [];
  const { capacity } = rows.state();
  const report = new Report(source);
  report.warning(
    ['runtime', 'memory', 'endpoints'],
    `${refused} endpoints and upstreams find no room among ${capacity} and count as healthy and idle, expected runtime.memory.endpoints to be larger`,
  );
  return report.diagnostics;
}

function tooLarge(needed: number, room: number, isRunning: boolean): string {
  const whole = `${Math.ceil(needed / 1024)}KiB`;
  const restart = isRunning ? ' and a restart, since the size of the memory in use cannot change' : '';
  return `the compiled config needs ${whole} and has room for ${formatSize(room)}, expected runtime.memory.config of at least ${whole}${restart}`;
}
