/** Fetches a JSON Web Key Set (RFC 7517, section 5), and believes nothing of it that a key can be weighed by. */
import { importJWK } from 'jose';
import { isJwk, type Jwk, readJwk } from '../../decision/policies/jwt/verification-key.ts';

/** Sets in the wild have a few kilobytes. */
const MOST_BYTES = 256 * 1024;
/** What an RSA key that does not say is weighed as; which one it is for is each policy's own to say. */
const ANY_RSA = ['RS256'] as const;
/** Members that checking a signature needs: nothing else is kept. */
const MEMBERS = ['kty', 'kid', 'use', 'key_ops', 'alg', 'n', 'e', 'crv', 'x', 'y'];
/** Skipped keys that are named in a status. */
const MOST_NAMED = 10;

export interface FetchedKeys {
  readonly keys: readonly Jwk[];
  /** Keys that cannot be used, each with the reason. */
  readonly skipped: readonly string[];
  /** Of the response's `Cache-Control`; null: it says nothing. */
  readonly maxAgeMs: number | null;
}

/**
 * @param timeoutMs from the request to the last byte
 * @param abort ends it before
 * @throws Error with the end of a sentence for the operator that begins with the set: `did not arrive within 200 ms`
 */
export async function fetchKeySet(url: string, timeoutMs: number, abort: AbortController): Promise<FetchedKeys> {
  // Not AbortSignal.any of a timeout: on Node 20 that may be collected as garbage before its time is up, and then never ends.
  const timer = setTimeout(() => abort.abort(new DOMException('', 'TimeoutError')), timeoutMs);
  try {
    return await fetchWithin(url, timeoutMs, abort.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function fetchWithin(url: string, timeoutMs: number, signal: AbortSignal): Promise<FetchedKeys> {
  const response = await ask(url, timeoutMs, signal);
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw new Error('redirects, which is not followed');
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`was answered with status ${response.status}`);
  }
  const text = await readBody(response, timeoutMs);
  return { ...(await usableKeys(parse(text, response))), maxAgeMs: maxAgeOf(response.headers.get('cache-control')) };
}

async function ask(url: string, timeoutMs: number, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      redirect: 'manual',
      signal,
      headers: { accept: 'application/jwk-set+json, application/json', 'cache-control': 'no-cache' },
    });
  } catch (error) {
    throw new Error(describeFailure(error, timeoutMs));
  }
}

/** The limit of time that the request began with goes on. */
async function readBody(response: Response, timeoutMs: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += (chunk as Uint8Array).byteLength;
      if (bytes > MOST_BYTES) break;
      chunks.push(chunk as Uint8Array);
    }
  } catch (error) {
    throw new Error(describeFailure(error, timeoutMs));
  }
  if (bytes > MOST_BYTES) throw new Error(`is larger than ${MOST_BYTES / 1024} KiB`);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, response: Response): readonly unknown[] {
  const type = response.headers.get('content-type') ?? 'of no type';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`is not JSON (${type.slice(0, 60)})`);
  }
  if (!isJwk(value) || !Array.isArray(value['keys'])) throw new Error('is JSON, but has no list of keys');
  return value['keys'] as unknown[];
}

async function usableKeys(listed: readonly unknown[]): Promise<Pick<FetchedKeys, 'keys' | 'skipped'>> {
  const keys: Jwk[] = [];
  const skipped: string[] = [];
  for (const [index, jwk] of listed.entries()) {
    const problem = await problemOf(jwk);
    if (problem === null) keys.push(Object.fromEntries(MEMBERS.flatMap((name) => memberOf(jwk as Jwk, name))));
    else skipped.push(`key ${index + 1}${nameOf(jwk)} ${problem}`);
  }
  const more = skipped.length - MOST_NAMED;
  return { keys, skipped: more > 0 ? [...skipped.slice(0, MOST_NAMED), `and ${more} more`] : skipped };
}

function memberOf(jwk: Jwk, name: string): [string, unknown][] {
  return Object.hasOwn(jwk, name) ? [[name, jwk[name]]] : [];
}

/** A key is taken when this gateway's own rules and jose can both make something of it. */
async function problemOf(jwk: unknown): Promise<string | null> {
  if (!isJwk(jwk)) return 'is not a map';
  if (jwk['kty'] === 'oct') return 'is a secret, and what is published is none';
  const key = readJwk(jwk, ANY_RSA);
  if (typeof key === 'string') return key;
  try {
    await importJWK(jwk as Parameters<typeof importJWK>[0], key.algorithms[0]);
    return null;
  } catch {
    return 'is not a well-formed key';
  }
}

function nameOf(jwk: unknown): string {
  const kid = isJwk(jwk) ? jwk['kid'] : undefined;
  return typeof kid === 'string' ? ` (${JSON.stringify(kid.slice(0, 60))})` : '';
}

/** RFC 9111, section 5.2.2; a response that must not be stored is good for no time. */
function maxAgeOf(cacheControl: string | null): number | null {
  if (cacheControl === null) return null;
  if (/\bno-(?:store|cache)\b/i.test(cacheControl)) return 0;
  const seconds = /\bmax-age="?(\d{1,10})/i.exec(cacheControl)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

function describeFailure(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `did not arrive within ${timeoutMs} ms`;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = (cause as { code?: unknown }).code;
  return `could not be fetched (${typeof code === 'string' ? code : cause instanceof Error ? cause.message : String(cause)})`;
}
