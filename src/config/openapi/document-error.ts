/** What is wrong with a document that a policy names. Thrown while it is read, caught where the config is checked. */
export class DocumentError extends Error {
  /** @param at JSON pointer in the document, or a line; empty: the whole */
  constructor(at: string, problem: string) {
    super(at === '' ? problem : `${at}: ${problem}`);
  }
}
