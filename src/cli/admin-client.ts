import { type IncomingMessage, request } from 'node:http';

/** An answer larger than this is no answer of a gateway. */
const MOST_BYTES = 512 * 1024 * 1024;
const TIMEOUT_MS = 5_000;
/** A large config takes a while to compile. */
const CHANGE_TIMEOUT_MS = 300_000;
/** An answer that is streamed is not silent for long, but whoever reads it may be. */
const STREAM_TIMEOUT_MS = 30_000;

/** How to reach the admin API of a running gateway. */
export interface AdminClient {
  /** `host:port`, or `unix:` and the path of a socket. */
  readonly address: string;
  readonly token: string | null;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Gets one resource.
 *
 * @throws Error whose message says in one sentence why there is no answer
 */
export async function getAdmin(client: AdminClient, path: string): Promise<AdminAnswer> {
  return readAnswer(client, await ask(client, { method: 'GET', path }));
}

/** Has something done, as `getAdmin`. */
export async function postAdmin(client: AdminClient, path: string, body: object): Promise<AdminAnswer> {
  return readAnswer(client, await ask(client, { method: 'POST', path, body, timeout: CHANGE_TIMEOUT_MS }));
}

/** Has something ended, as `getAdmin`. */
export async function deleteAdmin(client: AdminClient, path: string): Promise<AdminAnswer> {
  return readAnswer(client, await ask(client, { method: 'DELETE', path, timeout: CHANGE_TIMEOUT_MS }));
}

/** As `postAdmin`, for an answer that goes on and on: its head, and its body as it comes, or the whole answer when it is a refusal. */
export async function streamAdmin(
  client: AdminClient,
  path: string,
  body: object,
): Promise<IncomingMessage | AdminAnswer> {
  const response = await ask(client, { method: 'POST', path, body, timeout: STREAM_TIMEOUT_MS });
  return response.statusCode === 200 ? response : readAnswer(client, response);
}

interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly timeout?: number;
}

/** The head of an answer. Whoever reads its body hears of silence as an error of the stream. */
function ask(
  { address, token }: AdminClient,
  { method, path, body, timeout = TIMEOUT_MS }: Question,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const outgoing = request({ ...targetOf(address), path, method, headers, timeout, agent: false });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`silence for ${timeout / 1000} s`)));
    outgoing.once('error', (error) => reject(noAnswer(address, error)));
    outgoing.once('response', resolve);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function readAnswer({ address }: AdminClient, response: IncomingMessage): Promise<AdminAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if ((bytes += chunk.length) > MOST_BYTES) throw new Error('it is too large');
    }
  } catch (error) {
    throw noAnswer(address, error as Error);
  }
  return { status: response.statusCode!, body: Buffer.concat(chunks).toString() };
}

function noAnswer(address: string, { message }: Error): Error {
  return new Error(`no answer from the gateway's admin address ${address}: ${message}`);
}

function targetOf(address: string): { socketPath: string } | { host: string; port: string } {
  if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length) };
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}

/** Whether a text can be an AdminClient's address. */
export function isAdminAddress(address: string): boolean {
  if (address.startsWith('unix:')) return address.length > 'unix:'.length;
  return /^(\[[0-9a-f:.]+\]|[^\s:/?#@]+):\d{1,5}$/i.test(address) && URL.canParse(`http://${address}`);
}
