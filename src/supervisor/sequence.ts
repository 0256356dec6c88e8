/** Tasks that run one after the other, in the order they came. */
export class Sequence {
  #last: Promise<unknown> = Promise.resolve();

  /** @param task must not reject: nothing would run after it */
  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done;
    return done;
  }
}
