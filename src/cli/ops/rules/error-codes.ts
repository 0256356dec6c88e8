import { ERROR_CODES, ERRORS, type ErrorCode } from '../../../errors/table.ts';
import { anyOf } from '../promql.ts';

/** Matcher of every code that the gateway answers with this status. */
export function codesOf(status: number): string {
  return codes(...ERROR_CODES.filter((code) => ERRORS[code].status === status));
}

/** Matcher of these codes. */
export function codes(...wanted: readonly ErrorCode[]): string {
  return wanted.length === 1 ? `code="${wanted[0]}"` : `code=~${anyOf(wanted)}`;
}
