/** A gateway with two acceptors whose traffic is recorded. */
import { Readable } from 'node:stream';
import { type Recording, readRecording } from '../../../src/recording/read-recording.ts';
import type { RecordedExchange } from '../../../src/recording/recorded-exchange.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { type FinalResponse, requestOnce } from '../../support/raw-client.ts';

export const ADMIN_TOKEN = 'token-of-the-operator-1';

export function recordedGateway(lifetime: Lifetime, upstream: string): Promise<Gateway> {
  const config = {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0', token: ADMIN_TOKEN },
    runtime: { acceptors: 2 },
    telemetry: { accessLog: { to: 'none' } },
    upstreams: { origin: { endpoints: [upstream] } },
    consumers: { acme: { keys: ['acme-key-0123456789'] } },
    routes: [
      {
        name: 'guarded',
        match: { path: '/guarded/*' },
        policies: [{ keyAuth: { header: 'x-who', query: 'who', optional: true } }],
        forward: { upstream: 'origin' },
      },
      {
        name: 'mirrored',
        match: { path: '/mirrored' },
        policies: [{ mirror: { upstream: 'origin' } }],
        forward: { upstream: 'origin' },
      },
      { name: 'open', match: { path: '/*' }, forward: { upstream: 'origin' } },
    ],
  };
  return startGateway(lifetime, config);
}

export function askAdmin(gateway: Gateway, path: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(new URL(path, gateway.urlOf('admin')), {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

/** A recording that is being taken: by now every acceptor records. */
export class Taken {
  readonly number: number;
  readonly recording: Recording;
  readonly #exchanges: AsyncGenerator<RecordedExchange>;

  constructor(number: number, recording: Recording) {
    this.number = number;
    this.recording = recording;
    this.#exchanges = recording[Symbol.asyncIterator]();
  }

  async next(count: number): Promise<RecordedExchange[]> {
    const found: RecordedExchange[] = [];
    while (found.length < count) {
      const { value, done } = await this.#exchanges.next();
      if (done === true) throw new Error(`the recording ended after ${found.length} of ${count} exchanges`);
      found.push(value);
    }
    return found;
  }

  async rest(): Promise<RecordedExchange[]> {
    const found: RecordedExchange[] = [];
    for await (const exchange of this.#exchanges) found.push(exchange);
    return found;
  }
}

export async function take(gateway: Gateway, request: object, signal?: AbortSignal): Promise<Taken> {
  const response = await askAdmin(gateway, '/recordings', request, signal);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  return new Taken(Number(response.headers.get('penstock-recording')), await readRecording(body));
}

/** Sends a request on a connection of its own: which acceptor takes it is the kernel's choice. */
export function send(
  lifetime: Lifetime,
  gateway: Gateway,
  target: string,
  lines: readonly string[] = [],
  body = '',
): Promise<FinalResponse> {
  const method = body === '' ? 'GET' : 'POST';
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${target} HTTP/1.1`, 'Host: shop.example.com', ...lines, ...length].join('\r\n');
  return requestOnce(lifetime, gateway.portOf('public'), `${head}\r\n\r\n${body}`);
}
