/** What is wrong with a config, where, and what was expected: the only form in which loading reports a failure. */

/** Keys and indexes from the top of the config: `['routes', 3, 'forward', 'timeout']`. */
export type ConfigPath = readonly (string | number)[];

/** A place in a file. Lines and columns count from 1, columns in UTF-16 units as editors do. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Diagnostic extends Place {
  /** A warning is legal and goes on; an error keeps the config from being used. */
  readonly severity: 'error' | 'warning';
  /** The place in the config's own terms: `routes[3].forward.timeout`; empty for the whole file. */
  readonly path: string;
  /** What is wrong, then what was expected. Never holds the value of a resolved reference. */
  readonly message: string;
  /** Of a warning that a lint gave: its id in docs/lints.md. */
  readonly lint?: string;
}

export function diagnosticAt(
  place: Place,
  path: ConfigPath,
  message: string,
  severity: Diagnostic['severity'] = 'error',
): Diagnostic {
  return { file: place.file, line: place.line, column: place.column, severity, path: formatPath(path), message };
}

/** `file:line:column: message`, the form that editors and terminals turn into a link. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const prefix = diagnostic.severity === 'warning' ? 'warning: ' : '';
  return `${formatPlace(diagnostic)}: ${prefix}${diagnostic.message}`;
}

/** Diagnostics that are printed at once; what is wrong a thousand times is understood sooner. */
const MOST_PRINTED = 200;

/** One line for each diagnostic, each ended; of very many the first, and a line that counts the rest. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const lines = diagnostics.slice(0, MOST_PRINTED).map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`);
  const more = diagnostics.length - lines.length;
  return lines.join('') + (more > 0 ? `and ${more} more\n` : '');
}

export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** `routes[3].forward.timeout`; a key that is no plain word is quoted: `upstreams["a b"]`. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z0-9_-]+$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** Sorted by file, line and column, each said once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const once = new Map(diagnostics.map((diagnostic) => [formatDiagnostic(diagnostic), diagnostic]));
  return [...once.values()].sort(
    (a, b) =>
      compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.message, b.message),
  );
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
