/**
 * A policy of one's own: takes a webhook only when its body bears the signature of whoever sent it, as GitHub and many others
 * sign theirs (`X-Hub-Signature-256: sha256=HEX`, HMAC-SHA-256 of the body with a shared secret).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PolicyDefinition } from 'penstock/policy';
import { PASS } from 'penstock/verdict';

interface Options {
  readonly secret: string;
  readonly header?: string;
}

/** A body is held until its signature has been checked. */
const MAX_BODY_BYTES = 1024 * 1024;

export const policy: PolicyDefinition<Options> = {
  name: 'webhookSignature',
  phase: 'authentication',
  needs: ['requestBody'],
  optionsSchema: {
    type: 'object',
    required: ['secret'],
    additionalProperties: false,
    properties: { secret: { type: 'string', minLength: 16 }, header: { type: 'string' } },
  },
  create({ secret, header = 'x-hub-signature-256' }) {
    return {
      onRequest(decision) {
        const given = decision.header(header);
        if (given === null) return decision.refuse('credentials_missing');
        return decision.wait({ kind: 'requestBody', maxBytes: MAX_BODY_BYTES }, (body: Buffer) => {
          const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
          const actual = Buffer.from(given);
          const isValid = actual.length === expected.length && timingSafeEqual(actual, expected);
          decision.trace?.note(`the signature is ${isValid ? 'that of the body' : 'not that of the body'}`);
          return isValid ? PASS : decision.refuse('credentials_invalid');
        });
      },
      onResponse: null,
      onEnd: null,
    };
  },
};
