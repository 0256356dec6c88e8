/** How many connections a listener holds at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawClient } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { head, plainGateway } from './plain-gateway.ts';

const REQUEST = head('GET / HTTP/1.1', 'Host: a');

test('beyond its connections a listener lets new ones wait, unrefused, until one ends', async (t) => {
  const origin = await recordingOrigin(t);
  const gateway = await plainGateway(t, origin.url, {
    listener: { limits: { connections: 3 } },
    moreListeners: [{ name: 'other', address: '127.0.0.1:0' }],
  });
  const port = gateway.portOf('public');
  const clients = await Promise.all([1, 2, 3].map(() => rawClient(t, port)));
  for (const client of clients) assert.equal((await client.exchange(REQUEST)).status, 200);

  const waiting = await rawClient(t, port);
  await waiting.send(REQUEST);
  // The others go on, and so does the other listener: what was sent before would have been answered by now.
  for (const client of clients) assert.equal((await client.exchange(REQUEST)).status, 200);
  assert.equal((await (await rawClient(t, gateway.portOf('other'))).exchange(REQUEST)).status, 200);
  assert.equal(waiting.pending.length, 0);

  clients[0].finish();
  assert.equal((await waiting.readResponse()).status, 200);
});
