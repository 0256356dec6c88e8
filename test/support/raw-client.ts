/** A client that sends exactly the bytes a test gives it and reads what really comes back. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DEFAULT_DEADLINE_MS, within } from './deadline.ts';
import type { Lifetime } from './lifetime.ts';
import { type Parsed, parseResponse, type RawResponse } from './raw-response.ts';
import { Wire } from './wire.ts';

export interface RawClientOptions {
  readonly host?: string;
  /** Connects with TLS, checks the certificate against this authority and this name; shows one of its own where there is one. */
  readonly tls?: { readonly ca: string; readonly servername: string; readonly cert?: string; readonly key?: string };
}

/** A response with the interim ones (1xx) that came before it. */
export interface FinalResponse extends RawResponse {
  readonly interim: readonly RawResponse[];
}

export class RawClient extends Wire {
  /** Reads one response. A body without a length is read up to the end of the connection. */
  async readResponse(method = 'GET', ms: number = DEFAULT_DEADLINE_MS): Promise<FinalResponse> {
    const interim: RawResponse[] = [];
    for (;;) {
      const response = await this.#readOne(method, ms);
      if (response.status >= 200 || response.status === 101) return { ...response, interim };
      interim.push(response);
    }
  }

  async #readOne(method: string, ms: number): Promise<RawResponse> {
    let parsed: Parsed | null = null;
    await this.take(
      'complete response',
      (bytes, end) => {
        parsed = parseResponse(bytes, method, end === 'closed');
        return parsed?.consumed ?? null;
      },
      ms,
    );
    return parsed!.response;
  }

  /** Sends a request and reads its response. The text goes out as it is; its first word is the method. */
  async exchange(request: string | Uint8Array, ms: number = DEFAULT_DEADLINE_MS): Promise<FinalResponse> {
    const method = Buffer.from(request.slice(0, 32)).toString('latin1').split(' ')[0];
    await this.send(request);
    return this.readResponse(method, ms);
  }
}

/** Connects to a port of this machine; the connection is destroyed when the lifetime ends. */
export async function rawClient(
  lifetime: Lifetime,
  port: number,
  { host = '127.0.0.1', tls }: RawClientOptions = {},
): Promise<RawClient> {
  const socket =
    tls === undefined
      ? connect({ host, port, noDelay: true, allowHalfOpen: true })
      : connectTls({ host, port, ...tls });
  lifetime.after(() => socket.destroy());
  const ready = once(socket, tls === undefined ? 'connect' : 'secureConnect');
  await within(ready, `connection to port ${port}`);
  return new RawClient(socket);
}

/** One request on a connection of its own. */
export async function requestOnce(lifetime: Lifetime, port: number, request: string): Promise<FinalResponse> {
  const client = await rawClient(lifetime, port);
  try {
    return await client.exchange(request);
  } finally {
    client.socket.destroy();
  }
}
