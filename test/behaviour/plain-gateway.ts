/** The gateway most tests of this folder want: one acceptor, one listener, everything forwarded to one upstream. */
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { type FinalResponse, rawClient } from '../support/raw-client.ts';

export interface PlainGatewayOptions {
  /** Fields of the listener `public`, beside name and address. */
  readonly listener?: Readonly<Record<string, unknown>>;
  /** Listeners beside `public`. */
  readonly moreListeners?: readonly Readonly<Record<string, unknown> & { name: string }>[];
  /** Instead of one route that takes everything. */
  readonly routes?: readonly unknown[];
  readonly acceptors?: number;
  readonly accessLog?: unknown;
  readonly env?: Readonly<Record<string, string>>;
}

export function plainGateway(
  lifetime: Lifetime,
  upstreamUrl: string,
  options: PlainGatewayOptions = {},
): Promise<Gateway> {
  const { listener = {}, moreListeners = [], acceptors = 1, accessLog = { to: 'none' }, env = {} } = options;
  const config = {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0', ...listener }, ...moreListeners],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors },
    telemetry: { accessLog },
    upstreams: { origin: { endpoints: [upstreamUrl] } },
    routes: options.routes ?? [{ name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } }],
  };
  return startGateway(lifetime, config, { env });
}

/** A request head with CRLF line ends and the empty line, from its lines. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** What came back for some bytes: responses in order, and whether the gateway then closed the connection. */
export interface Outcome {
  readonly statuses: readonly number[];
  readonly responses: readonly FinalResponse[];
  readonly closed: boolean;
}

/**
 * Sends bytes on a connection of its own and reads responses until `expected` have come or the connection has ended, then,
 * when `untilClosed`, waits for that end.
 */
export async function send(
  lifetime: Lifetime,
  port: number,
  bytes: string | Uint8Array,
  {
    expected = Number.POSITIVE_INFINITY,
    method = 'GET',
  }: { readonly expected?: number; readonly method?: string } = {},
): Promise<Outcome> {
  const client = await rawClient(lifetime, port);
  const responses: FinalResponse[] = [];
  try {
    await client.send(bytes);
    while (responses.length < expected) {
      const ended = await hasEnded(client);
      if (ended) break;
      responses.push(await client.readResponse(method));
    }
    const closed = responses.length < expected || client.end !== null;
    return { statuses: responses.map(({ status }) => status), responses, closed };
  } finally {
    client.socket.destroy();
  }
}

/** Waits for the next byte or the end of the connection. */
async function hasEnded(client: Awaited<ReturnType<typeof rawClient>>): Promise<boolean> {
  const [bytes] = await client.take('a byte or the end', (all, end) => (all.length > 0 || end !== null ? 0 : null));
  return bytes.length === 0 && client.pending.length === 0 && client.end !== null;
}
