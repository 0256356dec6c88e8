/** Where a command writes; handed in by tests. */
export interface CommandOutput {
  out(text: string): void;
  error(text: string): void;
  /** Somebody is watching, and a line can be written over. */
  readonly isTerminal?: boolean;
}

export const TERMINAL: CommandOutput = {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
};
