/** Which of several upstreams a request goes to: a function of the route, the request and one random number. */
import type { Split } from '../config/compiled-care.ts';
import { Rendezvous } from './rendezvous.ts';
import { cookieValue, type KeyedRequest } from './request-key.ts';

export interface UpstreamChoice {
  /** Index into the split's choices. */
  readonly index: number;
  /** A Set-Cookie header that holds the client to it; null: none is needed. */
  readonly cookie: string | null;
  /** In words, for `explain`. */
  readonly why: 'by weight' | 'by cookie' | 'by header';
}

const NONE: ReadonlySet<number> = new Set();

/**
 * @param request its `scheme` decides whether the cookie is for TLS alone
 * @param random from 0 up to, not including, 1
 */
export function chooseUpstream(
  split: Split,
  request: KeyedRequest & { readonly scheme: 'http' | 'https' },
  random: number,
): UpstreamChoice {
  const { choices, sticky } = split;
  if (sticky === null) return { index: byWeight(split, random), cookie: null, why: 'by weight' };
  if (sticky.by === 'header') {
    const key = request.header(sticky.name);
    if (key === null) return { index: byWeight(split, random), cookie: null, why: 'by weight' };
    return { index: new Rendezvous(choices).choose(key, NONE), cookie: null, why: 'by header' };
  }
  // A client can name an upstream of this route or none at all: what it sends is compared, and never used.
  const token = cookieValue(request.header('cookie'), sticky.name);
  const known = choices.findIndex((choice) => choice.token === token);
  if (known >= 0) return { index: known, cookie: null, why: 'by cookie' };
  const index = byWeight(split, random);
  const secure = request.scheme === 'https' ? '; Secure' : '';
  const cookie = `${sticky.name}=${choices[index]!.token}; Path=/; HttpOnly; SameSite=Lax${secure}`;
  return { index, cookie, why: 'by weight' };
}

function byWeight({ choices }: Split, random: number): number {
  let total = 0;
  for (const { weight } of choices) total += weight;
  let left = random * total;
  let last = 0;
  for (const [index, { weight }] of choices.entries()) {
    if (weight === 0) continue;
    last = index;
    left -= weight;
    if (left < 0) return index;
  }
  return last;
}
