import type { Lifetime } from '../support/lifetime.ts';
import { type FinalResponse, type RawClient, rawClient } from '../support/raw-client.ts';

type Headers = readonly (readonly [name: string, value: string])[];

/** A request as a client writes it; its framing is made when it is sent. */
export interface CallRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Sends the body in two chunks in place of a Content-Length. */
  readonly chunked: boolean;
}

const NO_CLEAN_UP: Lifetime = { after: () => {} };

/** A client that makes one call after the other, on one connection as long as the gateway keeps it. */
export class Caller {
  readonly #port: number;
  #connection: RawClient | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  async call(request: CallRequest): Promise<FinalResponse> {
    this.#connection ??= await rawClient(NO_CLEAN_UP, this.#port);
    const response = await this.#connection.exchange(render(request));
    if (response.header('connection') === 'close') this.close();
    return response;
  }

  close(): void {
    this.#connection?.socket.destroy();
    this.#connection = null;
  }
}

function render({ method, target, headers, body, chunked }: CallRequest): Buffer {
  const framing: Headers = chunked
    ? [['Transfer-Encoding', 'chunked']]
    : body.length > 0 || method === 'POST'
      ? [['Content-Length', String(body.length)]]
      : [];
  const lines = [...headers, ...framing].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), ...(chunked ? inChunks(body) : [body])]);
}

/** Two chunks where there is something to divide, and the last one. */
function inChunks(body: Buffer): Buffer[] {
  const half = body.length >> 1;
  const pieces = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  return [
    ...pieces.flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ];
}

/** Runs the tasks in their order, `width` of them at a time. */
export async function atOnce<T>(width: number, tasks: readonly T[], run: (task: T) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < tasks.length) await run(tasks[next++]);
  };
  await Promise.all(Array.from({ length: width }, work));
}
