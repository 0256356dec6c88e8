/**
 * Password hashes: scrypt (RFC 7914) in the PHC string format, `$scrypt$ln=15,r=8,p=1$SALT$HASH`, salt and hash in base64
 * without padding. `ln` is the logarithm of the cost.
 */
import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { PASSWORD, type PasswordResult } from './policies/host.ts';

export interface PasswordHash {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** What `penstock hash-password` makes: 32 MiB and some 80 ms a check. */
export const DEFAULT_COST = { ln: 15, r: 8, p: 1 } as const;
export const SALT_BYTES = 16;
export const HASH_BYTES = 32;

/** A hash that asks for more would hold up a core, or take memory, that belongs to traffic. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;
const MAX_P = 4;

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** @returns null when it is no hash, or one that is too weak or too costly to check */
export function parsePasswordHash(text: string): PasswordHash | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [ln, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (ln < 10 || r < 1 || p < 1 || p > MAX_P || 128 * r * 2 ** ln > MAX_MEMORY_BYTES) return null;
  return { ln, r, p, salt: Buffer.from(match[4]!, 'base64'), hash: Buffer.from(match[5]!, 'base64') };
}

export function formatPasswordHash({ ln, r, p, salt, hash }: PasswordHash): string {
  const plain = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${ln},r=${r},p=${p}$${plain(salt)}$${plain(hash)}`;
}

/** Hashes a password, in a thread of Node's own. */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const hash = await derive(password, salt, HASH_BYTES, DEFAULT_COST);
  return formatPasswordHash({ ...DEFAULT_COST, salt, hash });
}

/** Checks a password against every hash, so that a wrong one costs the same wherever it fails; in a thread of Node's own. */
export async function checkPassword(password: string, hashes: readonly string[]): Promise<PasswordResult> {
  let result: PasswordResult = PASSWORD.WRONG;
  for (const text of hashes) {
    const { salt, hash, ...cost } = parsePasswordHash(text)!;
    const derived = await derive(password, salt, hash.length, cost);
    if (timingSafeEqual(derived, hash)) result = PASSWORD.RIGHT;
  }
  return result;
}

/** No password is known that it fits: nobody has hashed one to nothing but zeros. */
export const DECOY_PASSWORD = formatPasswordHash({
  ...DEFAULT_COST,
  salt: Buffer.alloc(SALT_BYTES),
  hash: Buffer.alloc(HASH_BYTES),
});

/** A decoy that costs as much as a given hash. */
export function decoyLike(text: string): string {
  const model = parsePasswordHash(text);
  if (model === null) return DECOY_PASSWORD;
  return formatPasswordHash({ ...model, salt: Buffer.alloc(model.salt.length), hash: Buffer.alloc(model.hash.length) });
}

function derive(
  password: string,
  salt: Buffer,
  length: number,
  { ln, r, p }: Pick<PasswordHash, 'ln' | 'r' | 'p'>,
): Promise<Buffer> {
  const N = 2 ** ln;
  const options: ScryptOptions = { N, r, p, maxmem: 128 * r * (N + p) + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    // Two spellings of one character are one password (RFC 8265, section 4.2).
    scrypt(password.normalize('NFC'), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
