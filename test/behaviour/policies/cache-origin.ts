/** A gateway with a cache before an origin that a test writes, and an account of what that origin was asked. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { type FinalResponse, rawClient, requestOnce } from '../../support/raw-client.ts';
import { simpleOrigin } from '../../support/simple-origin.ts';

export type OriginAnswer = (request: IncomingMessage, response: ServerResponse) => void;

export interface CacheOrigin {
  readonly url: string;
  /** How often each path (with its query) was asked for, by any method. */
  readonly asked: Map<string, number>;
  /** Requests in the order they came. */
  readonly requests: IncomingMessage[];
  /** What it answers at a path; by default 404. */
  at(path: string, answer: OriginAnswer): void;
  /** Resolves when a path has been asked for that often. */
  askedFor(path: string, times: number): Promise<void>;
}

export async function cacheOrigin(lifetime: Lifetime): Promise<CacheOrigin> {
  const answers = new Map<string, OriginAnswer>();
  const asked = new Map<string, number>();
  const requests: IncomingMessage[] = [];
  const waiting = new Set<() => void>();
  const origin = await simpleOrigin(lifetime, (request, response) => {
    const url = request.url!;
    asked.set(url, (asked.get(url) ?? 0) + 1);
    requests.push(request);
    const answer = answers.get(url) ?? answers.get(url.split('?', 1)[0]);
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
    for (const look of [...waiting]) look();
  });
  return {
    url: origin.url,
    asked,
    requests,
    at: (path, answer) => void answers.set(path, answer),
    askedFor: (path, times) =>
      new Promise((resolve) => {
        const look = (): void => {
          if ((asked.get(path) ?? 0) < times) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** An answer of text, the same for everyone. */
export function text(body: string, headers: Readonly<Record<string, string>> = {}, status = 200): OriginAnswer {
  return (_, response) => void response.writeHead(status, headers).end(body);
}

export interface CacheGatewayOptions {
  readonly acceptors?: number;
  readonly memory?: string;
  /** Policies before the cache. */
  readonly before?: readonly unknown[];
  /** Policies behind it. */
  readonly behind?: readonly unknown[];
  readonly more?: Readonly<Record<string, unknown>>;
  readonly accessLog?: unknown;
}

/** Everything goes to the origin through a cache with these options. */
export function cacheConfig(url: string, cache: unknown, options: CacheGatewayOptions = {}) {
  const { acceptors = 1, memory = '16MiB', before = [], behind = [], more = {}, accessLog = 'none' } = options;
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors, memory: { cache: memory } },
    telemetry: { accessLog },
    upstreams: { origin: { endpoints: [url] } },
    routes: [
      {
        name: 'all',
        match: { path: '/*' },
        policies: [...before, { cache }, ...behind],
        forward: { upstream: 'origin' },
      },
    ],
    ...more,
  };
}

export function cacheGateway(
  lifetime: Lifetime,
  url: string,
  cache: unknown,
  options?: CacheGatewayOptions,
): Promise<Gateway> {
  return startGateway(lifetime, cacheConfig(url, cache, options));
}

export interface Call {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly host?: string;
}

/** One request on a connection of its own. */
export function call(lifetime: Lifetime, gateway: Gateway, path: string, options: Call = {}): Promise<FinalResponse> {
  return requestOnce(lifetime, gateway.portOf('public'), requestText(path, options));
}

export function requestText(path: string, { method = 'GET', headers = [], host = 'shop.example' }: Call = {}): string {
  return [`${method} ${path} HTTP/1.1`, `host: ${host}`, ...headers, '', ''].join('\r\n');
}

export { rawClient };
