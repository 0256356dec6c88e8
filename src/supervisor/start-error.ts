/** The gateway cannot start, for a reason the operator can mend; already one readable text. */
export class StartError extends Error {}
