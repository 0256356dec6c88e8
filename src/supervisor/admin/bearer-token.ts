import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Checks bearer tokens (RFC 6750, section 2.1) against one secret. Digests are compared, in constant time, so that neither
 * the content nor the length of the secret shows in how long an answer takes.
 */
export class BearerToken {
  readonly #digest: Buffer;

  constructor(secret: string) {
    this.#digest = digestOf(secret);
  }

  /** @param authorization value of the header, undefined when there is none */
  isIn(authorization: string | undefined): boolean {
    const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    return token !== undefined && timingSafeEqual(digestOf(token), this.#digest);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
