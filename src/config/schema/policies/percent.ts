import type { z } from 'zod';
import { parsed, Refusal } from '../fields.ts';

/** A number from 0 to 100, as a share from 0 to 1. */
export function percent(): z.ZodType<number> {
  const json = { type: 'number', minimum: 0, maximum: 100 };
  return parsed({ type: 'percentage', expected: 'a number from 0 to 100', json }, (input) =>
    typeof input === 'number' && input >= 0 && input <= 100 ? input / 100 : new Refusal('{value} is not a percentage'),
  );
}
