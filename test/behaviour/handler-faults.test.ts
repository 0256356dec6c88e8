/** A bug in the gateway's own code ends the acceptor it happens in, never hangs a client, and another takes its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rawClient } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { head, plainGateway } from './plain-gateway.ts';

const FAULTS = fileURLToPath(new URL('./throw-on-cue.js', import.meta.url));

for (const [cue, what, request, aborts] of [
  ['head', 'the head of a request', head('FAULT-HEAD / HTTP/1.1', 'Host: a'), false],
  ['body', 'a piece of a body', `${head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 20')}FAULT-BODY`, false],
  ['abort', 'the abort of a client', head('GET / HTTP/1.1', 'Host: a', 'X-Test-Answer: never'), true],
] as const) {
  test(`an exception while ${what} is handled ends the acceptor, and another one serves`, async (t) => {
    const origin = await recordingOrigin(t);
    origin.answer('never', () => new Promise(() => {}));
    const gateway = await plainGateway(t, origin.url, {
      env: { NODE_OPTIONS: `--import=${FAULTS}`, FAULT_ON_CUE: cue },
    });
    const [victim] = await gateway.acceptorPids();
    const bystander = await rawClient(t, gateway.portOf('public'));
    assert.equal((await bystander.exchange(head('GET / HTTP/1.1', 'Host: a'))).status, 200);

    const client = await rawClient(t, gateway.portOf('public'));
    await client.send(request);
    if (aborts) {
      await origin.request(({ answer }) => answer === 'never');
      await client.reset();
    } else await client.ended();
    await bystander.ended();
    await gateway.printed(new RegExp(`fault on cue: ${cue}`));

    const next = await rawClient(t, gateway.portOf('public'));
    assert.equal((await next.exchange(head('GET / HTTP/1.1', 'Host: a'))).status, 200);
    const pids = await gateway.acceptorPids();
    assert.equal(pids.includes(victim), false);
  });
}
