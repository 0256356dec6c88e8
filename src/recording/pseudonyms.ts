import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { FAMILY, type Family, parseAddress } from '../decision/ip-address.ts';

/** How every pseudonym of a text begins. */
const PSEUDONYM = 'pseudonym-';

const KEY_BYTES = 32;
/** 128 bits: no two secrets of a recording meet by chance. */
const DIGITS = 32;
/** Secrets whose pseudonym is remembered, because the same ones come again and again. */
const REMEMBERED = 4096;
/** Longer ones are not remembered: they would keep too much memory. */
const REMEMBERED_LENGTH = 4096;

/** A key for one recording. It is never written anywhere, and gone when the recording ends. */
export function newPseudonymKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/**
 * What stands in a recording in place of a secret: its HMAC-SHA-256 (RFC 2104) with a key that nobody keeps. The same secret has
 * the same pseudonym all through a recording, and another one in any other; nobody can compute the secret, or try guesses.
 */
export class Pseudonyms {
  readonly #key: Buffer;
  readonly #remembered = new LRUCache<string, string>({ max: REMEMBERED });
  readonly #addresses = new LRUCache<string, string>({ max: REMEMBERED });
  readonly #words = new Uint32Array(4);

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** `pseudonym-` and 32 hexadecimal digits; what is empty stays so. */
  of(secret: string): string {
    if (secret === '') return '';
    const known = this.#remembered.get(secret);
    if (known !== undefined) return known;
    const pseudonym = `${PSEUDONYM}${this.#digest('secret', secret).toString('hex').slice(0, DIGITS)}`;
    if (secret.length <= REMEMBERED_LENGTH) this.#remembered.set(secret, pseudonym);
    return pseudonym;
  }

  /**
   * An address in place of an address: in 10.0.0.0/8 for IPv4, in fd00::/8 for IPv6, where addresses of one /64 stay in one.
   * IPv4 has 24 bits for all: two of some thousand clients may get the same.
   *
   * @returns null when the text is no address
   */
  address(text: string): string | null {
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    const pseudonym = this.#addressOf(parseAddress(text, this.#words));
    if (pseudonym !== null) this.#addresses.set(text, pseudonym);
    return pseudonym;
  }

  /** @param family of the address in `#words` */
  #addressOf(family: Family): string | null {
    if (family === FAMILY.NONE) return null;
    const [a, b, c, d] = this.#words;
    if (family === FAMILY.IPV4) {
      const digest = this.#digest('ipv4', `${d}`);
      return `10.${digest[0]}.${digest[1]}.${digest[2]}`;
    }
    const network = this.#digest('ipv6 network', `${a}:${b}`).toString('hex', 0, 7);
    const host = this.#digest('ipv6', `${a}:${b}:${c}:${d}`).toString('hex', 0, 8);
    return `fd${network}${host}`.replace(/(....)(?=.)/g, '$1:');
  }

  /** @param kind keeps what is made for one use from meaning anything in another */
  #digest(kind: string, text: string): Buffer {
    return createHmac('sha256', this.#key).update(`${kind}\0${text}`).digest();
  }
}
