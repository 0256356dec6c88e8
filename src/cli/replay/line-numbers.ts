/** Numbers of the lines that exchanges of a recording stand on, from those that held none. */
export class LineNumbers {
  /** The head is line 1. */
  #next = 2;
  readonly #skipped = new Set<number>();

  skip(line: number): void {
    this.#skipped.add(line);
  }

  /** Of the next exchange. */
  next(): number {
    while (this.#skipped.delete(this.#next)) this.#next++;
    return this.#next++;
  }
}
