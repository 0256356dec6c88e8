/** What a policy says about an exchange. A small integer, so that a chain of policies runs without making anything. */
export const VERDICT = {
  /** The next policy is asked. */
  PASS: 0,
  /** `Decision.refuse` has said with which error. */
  REFUSED: 1,
  /** `Decision.answer` has said with which response: no upstream is asked. */
  ANSWERED: 2,
  /** `Decision.wait` has said for what. */
  WAITING: 3,
} as const;

export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

export const { PASS, REFUSED, ANSWERED, WAITING } = VERDICT;
