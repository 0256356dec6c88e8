/** Where a command writes; handed in by tests. */
export interface CommandOutput {
  out(text: string): void;
  error(text: string): void;
  /** Null, or left out: it goes to a file or another program. */
  readonly terminal?: { readonly columns: number; readonly rows: number } | null;
}

export const TERMINAL: CommandOutput = {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  get terminal() {
    const { isTTY, columns = 80, rows = 24 } = process.stdout;
    return isTTY ? { columns, rows } : null;
  },
};
