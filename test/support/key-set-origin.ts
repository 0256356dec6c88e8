/** An issuer's endpoint for its key set, scripted by the test. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Lifetime } from './lifetime.ts';
import { simpleOrigin } from './simple-origin.ts';

export type KeySetAnswer = (response: ServerResponse, request: IncomingMessage) => void;

export interface KeySetOrigin {
  readonly url: string;
  /** Requests so far. */
  asked: number;
  /** How it answers from now on. */
  answer: KeySetAnswer;
}

/** Answers with these keys, good for `maxAge` seconds. */
export function serveKeys(keys: readonly object[], maxAge = 3600): KeySetAnswer {
  return (response) => {
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', `public, max-age=${maxAge}`);
    response.end(JSON.stringify({ keys }));
  };
}

export async function keySetOrigin(lifetime: Lifetime, answer: KeySetAnswer): Promise<KeySetOrigin> {
  const { url } = await simpleOrigin(lifetime, (request, response) => {
    origin.asked++;
    origin.answer(response, request);
  });
  const origin: KeySetOrigin = { url: `${url}/keys`, asked: 0, answer };
  return origin;
}
