/** Collects diagnostics for one source, filling in places and the values as they were written. */
import { type ConfigPath, type Diagnostic, diagnosticAt, formatPath, formatPlace } from './diagnostics.ts';
import { type Part, type Source, valueAt } from './source/source.ts';

/** Longest piece of a value that a message quotes. */
const QUOTE_LENGTH = 80;

export class Report {
  readonly diagnostics: Diagnostic[] = [];
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  /** An error at a path. `{value}` and `{path}` in the message become the value as written there, and the path. */
  error(path: ConfigPath, message: string, part: Part = 'value'): void {
    this.#add(path, message, part, 'error');
  }

  /** As `error`, but the config stays usable. */
  warning(path: ConfigPath, message: string, part: Part = 'value'): void {
    this.#add(path, message, part, 'warning');
  }

  /** Remembers where a key was first seen, and reports each later one with both places. */
  repeated(first: Map<string, ConfigPath>, key: string, path: ConfigPath): void {
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, path);
    else this.error(path, `{value} stands twice, expected each once (first at ${this.placeOf(earlier)})`);
  }

  /** `file:line:column`, for a message that names a second place. */
  placeOf(path: ConfigPath, part: Part = 'value'): string {
    return formatPlace(this.#source.locate(path, part));
  }

  #add(path: ConfigPath, message: string, part: Part, severity: Diagnostic['severity']): void {
    const filled = message.replace(/\{(value|path)\}/g, (_, what) =>
      what === 'path' ? formatPath(path) || 'the config' : this.quote(path),
    );
    this.diagnostics.push(diagnosticAt(this.#source.locate(path, part), path, filled, severity));
  }

  /** Whether a value stands in the file as it is, and not behind a reference. */
  isWritten(path: ConfigPath, value: unknown): boolean {
    return valueAt(this.#source.value, path) === value;
  }

  /** The value as text. From the source and not from the parsed config: a reference is quoted as written, never as what it stands for. */
  quote(path: ConfigPath): string {
    const value = valueAt(this.#source.value, path);
    if (value === undefined) return formatPath(path);
    const text = JSON.stringify(value) ?? String(value);
    return text.length > QUOTE_LENGTH ? `${text.slice(0, QUOTE_LENGTH)}...` : text;
  }
}
