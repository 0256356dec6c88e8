import { z } from 'zod';
import type { RespondOptions } from '../../../decision/policies/respond.ts';
import { parsedText, wholeNumber } from '../fields.ts';
import { headerLines } from './header-fields.ts';

export const respondOptions: z.ZodType<RespondOptions> = z
  .strictObject({
    status: wholeNumber(200, 599).prefault(200).describe('Status of the answer.'),
    headers: headerLines('response').prefault({}).describe('Headers of the answer.'),
    body: parsedText({ type: 'text', expected: 'text', json: {} }, (input) => input)
      .prefault('')
      .describe('Body of the answer.'),
  })
  .readonly();
