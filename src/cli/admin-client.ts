import { request } from 'node:http';

/** An answer larger than this is no answer of a gateway. */
const MOST_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 5_000;

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
export function getAdmin({ address, token }: AdminClient, path: string): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const outgoing = request({ ...targetOf(address), path, headers, timeout: TIMEOUT_MS, agent: false });
    const fail = (why: string) => {
      reject(new Error(`no answer from the gateway's admin address ${address}: ${why}`));
      outgoing.destroy();
    };
    outgoing.once('timeout', () => fail(`silence for ${TIMEOUT_MS / 1000} s`));
    outgoing.once('error', (error) => fail(error.message));
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if ((bytes += chunk.length) > MOST_BYTES) fail('it is too large');
      });
      response.once('error', (error) => fail(error.message));
      response.once('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks).toString() }));
    });
    outgoing.end();
  });
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
