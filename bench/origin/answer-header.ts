/** How a workload says what the origin is to answer: in a header of the request, which the gateway passes on. */

export const ANSWER_HEADER = 'x-bench-answer';
/** Its value is a header line for the answer, verbatim; it may stand more than once. With an ETag, 304 is what If-None-Match gets. */
export const EXTRA_HEADER = 'x-bench-header';

export interface Answer {
  readonly status: number;
  readonly bytes: number;
  readonly delayMs: number;
}

export const DEFAULT_ANSWER: Answer = { status: 200, bytes: 1_024, delayMs: 0 };

/** The value of ANSWER_HEADER: `<status>;<bytes>;<delayMs>`. What is left out is as in DEFAULT_ANSWER. */
export function renderAnswer(answer: Partial<Answer>): string {
  const { status, bytes, delayMs } = { ...DEFAULT_ANSWER, ...answer };
  return `${status};${bytes};${delayMs}`;
}

/** @returns null when the value is none that `renderAnswer` makes, of a final status and a delay of at most an hour */
export function parseAnswer(value: string): Answer | null {
  const match = /^([2-5]\d\d);(\d{1,12});(\d{1,7})$/.exec(value);
  if (match === null) return null;
  const [status, bytes, delayMs] = match.slice(1).map(Number);
  return delayMs > 3_600_000 ? null : { status, bytes, delayMs };
}
