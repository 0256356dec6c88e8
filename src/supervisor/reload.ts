import type { CompiledListener } from '../config/compiled.ts';
import { type Diagnostic, diagnosticAt, formatDiagnostics } from '../config/diagnostics.ts';
import type { ConfigSnapshot } from './history/config-snapshot.ts';

type Published = Pick<ConfigSnapshot, 'globals' | 'settings'>;

/**
 * What a new config asks for that a running gateway cannot do: sockets are opened and memory is sized once.
 *
 * @param file where the new config stands
 * @returns one error for each; none when it can be taken
 */
export function restartNeeded(before: Published, after: Published, file: string): Diagnostic[] {
  return FIXED.filter(({ part }) => isChanged(part, before, after)).map(({ section, what }) =>
    diagnosticAt(
      { file, line: 1, column: 1 },
      [section],
      `${what} cannot change while the gateway runs, expected a restart`,
    ),
  );
}

/** Whether listeners differ in what is built into an acceptor when it starts: everything but their certificates. */
export function listenersChanged(before: Published, after: Published): boolean {
  return isChanged(({ globals }) => globals.listeners.map(withoutCertificates), before, after);
}

function withoutCertificates(listener: CompiledListener): CompiledListener {
  return listener.tls === null ? listener : { ...listener, tls: { ...listener.tls, certificates: [] } };
}

/** One diagnostic a line. */
export function linesOf(diagnostics: readonly Diagnostic[]): string {
  return formatDiagnostics(diagnostics).trimEnd();
}

interface FixedPart {
  readonly section: string;
  readonly what: string;
  part(compiled: Published): unknown;
}

const FIXED: readonly FixedPart[] = [
  {
    section: 'listeners',
    what: 'the names and addresses of listeners',
    part: ({ globals }) => globals.listeners.map(({ name, address }: CompiledListener) => [name, address]),
  },
  {
    section: 'runtime',
    what: 'runtime.acceptors and runtime.memory',
    part: ({ settings }) => [settings.runtime.acceptors, settings.runtime.memory],
  },
  { section: 'admin', what: 'the admin address and token', part: ({ settings }) => settings.admin },
];

function isChanged(part: FixedPart['part'], before: Published, after: Published): boolean {
  return JSON.stringify(part(before)) !== JSON.stringify(part(after));
}
