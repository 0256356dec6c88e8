/** Tables of plain text. */
export interface Column<Row> {
  readonly title: string;
  /** Numbers stand to the right of their column. */
  readonly right: boolean;
  cell(row: Row): string;
}

export function column<Row>(title: string, right: boolean, cell: (row: Row) => string): Column<Row> {
  return { title, right, cell };
}

/** A line of titles and one for each row, not ended by a line break. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => cells[index]!.length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, index) => (columns[index]!.right ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
