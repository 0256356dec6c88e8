import type { ErrorCode } from '../../errors/table.ts';
export function mayRetry(_x: unknown, _c: ErrorCode): boolean {
  return false;
}
