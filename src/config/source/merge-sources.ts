/**
 * A directory of config files as one source.
 *
 *   maps of named things (upstreams, policies, consumers)   united; a name in two files is an error
 *   lists (listeners, routes, tests)                        joined in the order of the files' names
 *   `version`                                               may stand in every file, when it says the same
 *   everything else                                         stands in one file
 */
import { type ConfigPath, type Diagnostic, diagnosticAt, formatPath, formatPlace, type Place } from '../diagnostics.ts';
import { isRecord, type Part, type Source, type SourceResult } from './source.ts';

const MAPS: ReadonlySet<string> = new Set(['upstreams', 'policies', 'consumers']);
const LISTS: ReadonlySet<string> = new Set(['listeners', 'routes', 'tests']);

/** Where a stretch of a merged section came from. `offset` is the index its file's first item got. */
interface Piece {
  readonly source: Source;
  readonly offset: number;
}

/** Merges at least one source; their order is the order of list items. */
export function mergeSources(sources: readonly [Source, ...Source[]]): SourceResult {
  const merged = new MergedSource(sources[0]);
  for (const source of sources) merged.add(source);
  if (merged.diagnostics.length > 0) return { source: null, diagnostics: merged.diagnostics };
  return { source: merged, diagnostics: [] };
}

class MergedSource implements Source {
  readonly value: Record<string, unknown> = {};
  readonly diagnostics: Diagnostic[] = [];
  readonly #first: Source;
  /** Section to the files that hold a part of it, in order. */
  readonly #pieces = new Map<string, Piece[]>();

  constructor(first: Source) {
    this.#first = first;
  }

  add(source: Source): void {
    if (!isRecord(source.value)) {
      const message = 'the file holds no map, expected sections such as upstreams and routes';
      this.diagnostics.push(diagnosticAt(source.locate([]), [], message));
      return;
    }
    for (const [section, value] of Object.entries(source.value)) {
      if (MAPS.has(section)) this.#addMap(source, section, value);
      else if (LISTS.has(section)) this.#addList(source, section, value);
      else this.#addOnce(source, section, value);
    }
  }

  locate(path: ConfigPath, part: Part = 'value'): Place {
    const [section, step, ...rest] = path;
    const pieces = typeof section === 'string' ? this.#pieces.get(section) : undefined;
    if (pieces === undefined || section === undefined) return this.#first.locate(path, part);
    if (typeof step === 'number') {
      const piece = pieces.findLast(({ offset }) => offset <= step) ?? pieces[0]!;
      return piece.source.locate([section, step - piece.offset, ...rest], part);
    }
    const holds = ({ source }: Piece): boolean =>
      step !== undefined &&
      isRecord(source.value) &&
      isRecord(source.value[section]) &&
      Object.hasOwn(source.value[section], step);
    return (pieces.find(holds) ?? pieces[0]!).source.locate(path, part);
  }

  #addMap(source: Source, section: string, value: unknown): void {
    if (!isRecord(value)) {
      this.#refuseShape(source, section, 'a map by name');
      return;
    }
    const united = (this.value[section] ??= {}) as Record<string, unknown>;
    for (const [name, entry] of Object.entries(value)) {
      if (Object.hasOwn(united, name)) this.#refuseTwice(source, [section, name]);
      else united[name] = entry;
    }
    this.#remember(source, section, 0);
  }

  #addList(source: Source, section: string, value: unknown): void {
    if (!Array.isArray(value)) {
      this.#refuseShape(source, section, 'a list');
      return;
    }
    const joined = (this.value[section] ??= []) as unknown[];
    this.#remember(source, section, joined.length);
    for (const item of value) joined.push(item);
  }

  #addOnce(source: Source, section: string, value: unknown): void {
    if (!Object.hasOwn(this.value, section)) this.value[section] = value;
    else if (section !== 'version' || this.value[section] !== value) this.#refuseTwice(source, [section]);
    this.#remember(source, section, 0);
  }

  #remember(source: Source, section: string, offset: number): void {
    const pieces = this.#pieces.get(section);
    if (pieces === undefined) this.#pieces.set(section, [{ source, offset }]);
    else pieces.push({ source, offset });
  }

  #refuseShape(source: Source, section: string, expected: string): void {
    this.diagnostics.push(
      diagnosticAt(source.locate([section]), [section], `${section} is not ${expected}, expected ${expected}`),
    );
  }

  #refuseTwice(source: Source, path: ConfigPath): void {
    const message = `${formatPath(path)} stands in two files, expected it once (first at ${formatPlace(this.locate(path, 'key'))})`;
    this.diagnostics.push(diagnosticAt(source.locate(path, 'key'), path, message));
  }
}
