/** A client that goes away ends its request at the upstream, whenever it goes. */
import { after, describe, it } from 'node:test';
import { nothingInFlight } from '../support/acceptor.ts';
import { filler } from '../support/byte-source.ts';
import { within } from '../support/deadline.ts';
import { startGateway } from '../support/gateway.ts';
import { pathOrigin } from '../support/path-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { type RawClient, rawClient } from '../support/raw-client.ts';
import type { RawConnection } from '../support/raw-origin.ts';

const origin = await pathOrigin({ after });
const gateway = await startGateway(
  { after },
  proxyConfig({ upstreams: { origin: [origin.url] }, routes: { '/*': 'origin' } }),
);

/** When the gateway gives up the connection that carried the request for a path. */
const givenUp = new Map<string, Promise<void>>();
function watchEnd(path: string, script: (connection: RawConnection) => Promise<void>): void {
  let ended = (): void => {};
  givenUp.set(path, new Promise((resolve) => (ended = resolve)));
  origin.on(path, (connection) => {
    connection.socket.once('close', ended);
    connection.socket.once('end', ended);
    return script(connection);
  });
}

const leaving: Record<string, (client: RawClient) => unknown> = {
  'closes its connection': (client) => client.finish(),
  'resets its connection': (client) => client.reset(),
};

describe('the request at the upstream ends when the client', { concurrency: true }, () => {
  for (const [how, leave] of Object.entries(leaving)) {
    const slug = how.split(' ')[0];

    it(`${how} before the response`, async (t) => {
      const path = `/before-${slug}`;
      watchEnd(path, async () => {});
      const client = await rawClient(t, gateway.portOf('public'));
      await client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      await origin.arrived(path);
      await leave(client);
      await within(givenUp.get(path)!, 'end at the origin');
    });

    it(`${how} in the middle of the response`, async (t) => {
      const path = `/middle-${slug}`;
      watchEnd(path, (connection) =>
        connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
      );
      const client = await rawClient(t, gateway.portOf('public'));
      await client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      await client.readThrough('half');
      await leave(client);
      await within(givenUp.get(path)!, 'end at the origin');
    });

    it(`${how} in the middle of its upload`, async (t) => {
      const path = `/upload-${slug}`;
      watchEnd(path, async (connection) => void (await connection.readThrough('half')));
      const client = await rawClient(t, gateway.portOf('public'));
      await client.send(`PUT ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf`);
      await origin.arrived(path);
      await leave(client);
      await within(givenUp.get(path)!, 'end at the origin');
    });
  }

  it('resets its connection while the origin does not read the upload, within seconds', async (t) => {
    const path = '/blocked';
    let arrived = (_: RawConnection): void => {};
    const connection = new Promise<RawConnection>((resolve) => (arrived = resolve));
    origin.on(path, (connection) => {
      connection.pause();
      arrived(connection);
    });
    const client = await rawClient(t, gateway.portOf('public'));
    const bytes = 64 * 1024 * 1024;
    await client.send(`PUT ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`);
    void client.send(filler('blocked', bytes));
    const blocked = await connection;
    await client.reset();
    await nothingInFlight(gateway);
    blocked.socket.destroy();
  });
});

it('leaves no exchange behind', () => nothingInFlight(gateway));
