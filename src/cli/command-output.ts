/** Where a command writes; handed in by tests. */
export interface CommandOutput {
  out(text: string): void;
  error(text: string): void;
}

export const TERMINAL: CommandOutput = {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
};
