/** Collects diagnostics for one source, filling in places and the values as they were written. */
import { type ConfigPath, type Diagnostic, diagnosticAt, formatPath, formatPlace } from './diagnostics.ts';
import { isRecord, type Part, type Source, valueAt } from './source/source.ts';

/** What holds secrets wherever it stands: keys and passwords of consumers, keys of tokens, tokens, headers of requests in tests. */
const SECRET_NAME =
  /^(secrets?|keys|passwords?|tokens?|pem|jwk|k|d|apiKey|privateKey|authorization|cookie|x-api-key)$/i;
const REFERENCE = /\$\{(env|file):/;
/** A map in a secret's place is looked into this far. */
const MOST_LEVELS = 8;

/** The last name of a path: the one of the list for its items. */
function nameOf(path: ConfigPath): string {
  return path.findLast((step) => typeof step === 'string') ?? '';
}

/**
 * A value as a message may show it. Who forgets the brackets of a list or indents too far has a secret in a place where
 * something else is expected.
 *
 * @param isSecret whether it stands under a name of the list
 */
function withoutSecrets(value: unknown, isSecret: boolean, level = 0): unknown {
  if (typeof value === 'object' && value !== null && level >= MOST_LEVELS) return '***';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, isSecret, level + 1));
  if (isRecord(value)) {
    const hide = (key: string, item: unknown): unknown =>
      withoutSecrets(item, isSecret || SECRET_NAME.test(key), level + 1);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(key, item)]));
  }
  const isShown = !isSecret || (typeof value === 'string' && REFERENCE.test(value));
  return isShown ? value : '***';
}

/** Longest piece of a value that a message quotes. */
const QUOTE_LENGTH = 80;

export class Report {
  readonly diagnostics: Diagnostic[] = [];
  /** Files beside the config that were looked at, those included that could not be read. */
  readonly files = new Set<string>();
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
    else this.twice(path, earlier);
  }

  /** What stands at a path stands at an earlier one too. */
  twice(path: ConfigPath, earlier: ConfigPath): void {
    this.error(path, `{value} stands twice, expected each once (first at ${this.placeOf(earlier)})`);
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
    const text = JSON.stringify(withoutSecrets(value, SECRET_NAME.test(nameOf(path)))) ?? String(value);
    return text.length > QUOTE_LENGTH ? `${text.slice(0, QUOTE_LENGTH)}...` : text;
  }
}
