/** Tables that fit a width: the first column gives way, since it holds names. */
import type { Colour, Paint } from './paint.ts';

export interface Column<Row> {
  readonly title: string;
  /** Numbers stand to the right of their column. */
  readonly right: boolean;
  cell(row: Row): string;
  /** What a cell is coloured with; null: nothing. */
  colour(row: Row): Colour | null;
}

const SHORTEST_NAME = 10;
const GAP = '  ';

export function column<Row>(
  title: string,
  cell: (row: Row) => string,
  { left = false, colour = (): Colour | null => null }: { left?: boolean; colour?: (row: Row) => Colour | null } = {},
): Column<Row> {
  return { title, right: !left, cell, colour };
}

/** A line of titles and one for each row. */
export function fittedTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  paint: Paint,
): string[] {
  const lines = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...lines.map((cells) => cells[index]!.length)),
  );
  const others = widths.slice(1).reduce((sum, each) => sum + each + GAP.length, 0);
  widths[0] = Math.min(widths[0]!, Math.max(SHORTEST_NAME, width - others));
  const lineOf = (cells: readonly string[], colourOf: (index: number) => Colour | null): string =>
    cells
      .map((cell, index) => paint(fit(cell, widths[index]!, columns[index]!.right), colourOf(index)))
      .join(GAP)
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  return [
    lineOf(titles, () => 'dim'),
    ...lines.map((cells, row) => lineOf(cells, (index) => columns[index]!.colour(rows[row]!))),
  ];
}

function fit(text: string, width: number, right: boolean): string {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return right ? cut.padStart(width) : cut.padEnd(width);
}

/** Breaks a text at blanks, so that lines are no longer than the width; lines of its own stay lines. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    // A word that is longer than the width is left whole: it is a path, and somebody wants to copy it.
    const end = at > 0 ? at : rest.indexOf(' ');
    if (end <= 0) break;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return [...lines, rest];
}
