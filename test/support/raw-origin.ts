/** An origin that answers with exactly the bytes a test writes, well-formed or not, one script a connection. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Lifetime } from './lifetime.ts';
import { Wire } from './wire.ts';

export class RawConnection extends Wire {
  /** 1 for the first connection made to this origin. */
  readonly number: number;

  constructor(socket: Socket, number: number) {
    super(socket);
    this.number = number;
  }

  /** Takes one request head, up to and including its empty line. */
  readHead(): Promise<string> {
    return this.readThrough('\r\n\r\n');
  }
}

export interface RawOrigin {
  readonly port: number;
  readonly url: string;
  /** Connections made so far, open or not. */
  readonly connections: readonly RawConnection[];
}

/**
 * Starts an origin on a free port; it is closed when the lifetime ends.
 *
 * @param script what to do with a connection; one that is rejected (the peer went away early, say) resets it
 */
export async function rawOrigin(
  lifetime: Lifetime,
  script: (connection: RawConnection) => Promise<void> | void,
): Promise<RawOrigin> {
  const connections: RawConnection[] = [];
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection = new RawConnection(socket, connections.length + 1);
    connections.push(connection);
    Promise.resolve(script(connection)).catch(() => connection.reset());
  });
  lifetime.after(async () => {
    server.close();
    for (const { socket } of connections) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, connections };
}
