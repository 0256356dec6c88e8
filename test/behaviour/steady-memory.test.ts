/** A gateway that has served very many requests is no larger than one that has served some. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, it } from 'node:test';
import { MemoryWatch, nothingInFlight } from '../support/acceptor.ts';
import { startGateway } from '../support/gateway.ts';
import { proxyConfig } from '../support/proxy-config.ts';

const WARM_UP = 40_000;
const REQUESTS = 160_000;
const CONNECTIONS = 50;
const MOST_MIB = 24;

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok');
const OK = Buffer.from('ok');
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(ANSWER));
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());

const gateway = await startGateway(
  { after },
  proxyConfig({
    upstreams: { origin: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] },
    routes: { '/*': 'origin' },
  }),
);

/** Sends requests over many connections, one at a time on each, as fast as the gateway answers. */
async function load(amount: number, path: string): Promise<void> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
  const clients = Array.from({ length: CONNECTIONS }, async () => {
    const socket = connect({ port: gateway.portOf('public'), host: '127.0.0.1', noDelay: true });
    let left = amount / CONNECTIONS;
    socket.on('connect', () => socket.write(request));
    socket.on('data', (bytes: Buffer) => {
      // A response this small comes in one piece; if it did not, the next would be out of step and fail here.
      if (bytes.subarray(0, 12).toString('latin1') !== 'HTTP/1.1 200' || !bytes.subarray(-2).equals(OK))
        socket.destroy(new Error(`unexpected answer: ${bytes}`));
      else if (--left === 0) socket.end();
      else socket.write(request);
    });
    await once(socket, 'close');
    assert.equal(left, 0);
  });
  await Promise.all(clients);
}

it('memory stays flat over 200,000 small requests, and every connection comes back', async () => {
  const [acceptor] = await gateway.acceptorPids();
  await load(WARM_UP, '/warm-up');
  const memory = new MemoryWatch(acceptor);
  await load(REQUESTS, '/steady');
  assert.ok(memory.growthMiB < MOST_MIB, `grew by ${memory.growthMiB.toFixed(1)} MiB`);
  await nothingInFlight(gateway);
  assert.deepEqual(await gateway.acceptorPids(), [acceptor]);
});
