import type { CompilePool } from '../offload/compile-pool.ts';
import type { CompileReply, CompileSuccess } from '../offload/protocol.ts';
import type { ConfigSource, FetchedConfig } from './config-source.ts';
import { type ConfigSnapshot, snapshotOf } from './history/config-snapshot.ts';
import type { History } from './history/history.ts';
import { isLive } from './history/history-entry.ts';
import type { Numbering } from './publisher.ts';
import { linesOf } from './reload.ts';
import { StartError } from './start-error.ts';

/** What a gateway begins with. */
export interface FirstSnapshot {
  readonly snapshot: ConfigSnapshot;
  readonly numbering: Numbering;
  /** Why it is not what the source says but the last good one; null: it is what the source says. */
  readonly refusal: string | null;
}

/**
 * Compiles what the source says; where that cannot be had or is not valid, takes the snapshot that was live last.
 *
 * @param onWarning told of what is legal and worth a look
 * @throws StartError with everything that is wrong when there is no such snapshot either
 */
export async function firstSnapshot(
  pool: CompilePool,
  history: History,
  source: ConfigSource,
  onWarning: (lines: string) => void,
): Promise<FirstSnapshot> {
  const found = await compileSource(pool, history, source);
  if (typeof found === 'string') return lastGood(history, found);
  const { compiled, fetched } = found;
  if (compiled.diagnostics.length > 0) onWarning(linesOf(compiled.diagnostics, fetched.root));
  const snapshot = snapshotOf(compiled, fetched.label, source.description, history);
  return { snapshot, numbering: compiled, refusal: null };
}

interface CompiledSource {
  readonly compiled: CompileSuccess;
  readonly fetched: FetchedConfig;
}

/** Why it cannot be used, where it cannot. */
async function compileSource(
  pool: CompilePool,
  history: History,
  source: ConfigSource,
): Promise<CompiledSource | string> {
  let fetched: FetchedConfig;
  try {
    fetched = await source.fetch();
  } catch (error) {
    return `${source.description}: ${(error as Error).message}`;
  }
  const compiled = await compileFor(pool, fetched.path, history.numbering);
  source.compiledFrom(compiled.inputs);
  if (!compiled.ok) return linesOf(compiled.diagnostics, fetched.root);
  if (isNumberedAs(compiled)) return { compiled, fetched };
  // The sizes of before are not those of now: names are numbered anew.
  history.forgetNumbering();
  const again = await compileFor(pool, fetched.path, null);
  return again.ok ? { compiled: again, fetched } : linesOf(again.diagnostics, fetched.root);
}

function compileFor(pool: CompilePool, path: string, numbering: Numbering | null): Promise<CompileReply> {
  return pool.compile({
    path,
    environment: { ...process.env },
    series: numbering?.series ?? null,
    endpointRows: numbering?.endpointRows ?? null,
    roomBytes: null,
  });
}

/** Whether the numbering has as much room as the config asks for. */
function isNumberedAs({ settings, series, endpointRows }: CompileSuccess): boolean {
  const { memory } = settings.runtime;
  return series.capacity === memory.series && endpointRows.capacity === memory.endpoints;
}

/** What was live last, or before that: one that a disk has damaged is passed over, and named. */
async function lastGood(history: History, refusal: string): Promise<FirstSnapshot> {
  const { numbering } = history;
  const newestFirst = history.entries
    .toReversed()
    .flatMap(({ event, id }) => (isLive(event) && id !== null ? [id] : []));
  const ids = new Set([...(history.live === null ? [] : [history.live]), ...newestFirst]);
  if (ids.size === 0 || numbering === null) throw new StartError(refusal);
  const troubles: string[] = [];
  for (const id of ids) {
    try {
      const snapshot = await history.load(id);
      return { snapshot, numbering, refusal: [refusal, ...troubles].join('\n') };
    } catch (error) {
      troubles.push((error as Error).message);
    }
  }
  throw new StartError(`${refusal}\nThe last good one cannot be had either: ${troubles[0]}.`);
}
