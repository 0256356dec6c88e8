/** No spelling of a path reaches an upstream past the policies of the route that it names. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { type RecordingOrigin, recordingOrigin } from '../../support/recording-origin.ts';

let gateway: Gateway;
let origin: RecordingOrigin;
const cleanUps: (() => unknown)[] = [];
const file = { after: (cleanUp: () => unknown): void => void cleanUps.unshift(cleanUp) };
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

before(async () => {
  origin = await recordingOrigin(file);
  const forward = { upstream: 'origin' };
  gateway = await startGateway(file, {
    version: 1,
    listeners: [
      { name: 'strict', address: '127.0.0.1:0' },
      { name: 'lenient', address: '127.0.0.1:0', path: { encodedSlash: 'decode', emptySegments: 'merge' } },
    ],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 1 },
    telemetry: { accessLog: 'none' },
    upstreams: { origin: { endpoints: [origin.url] } },
    consumers: { acme: { keys: ['key-of-acme'] } },
    routes: [
      { name: 'admin', match: { path: '/admin/*' }, policies: [{ keyAuth: {} }], forward },
      { name: 'open', match: { path: '/*' }, forward },
    ],
  } as never);
});

/** A character as itself or as an escape, in digits of either case. */
const spelled = (letter: string): fc.Arbitrary<string> => {
  const escaped = `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return fc.constantFrom(letter, letter, escaped, escaped.toUpperCase());
};
const word = (text: string): fc.Arbitrary<string> =>
  fc.tuple(...[...text].map(spelled)).map((letters) => letters.join(''));

const detour = fc.oneof(
  fc.constantFrom('', '', './', '/', 'x/../', '%2e/', 'x/%2e%2E/', '.%2e/x/', 'open/..%2f', '%2f', '\\', '%5c'),
);
const admin = fc
  .tuple(detour, word('admin'), fc.constantFrom('/', '/', '%2f', '//', '/./'), detour, word('users'))
  .map((parts) => `/${parts.join('')}`);

/** What an upstream that decodes once and resolves dot segments would take a target for. */
function readByUpstream(target: string): string {
  const decoded = decodeURIComponent(target.split('?')[0]!).replaceAll('\\', '/');
  return new URL(decoded.replace(/\/+/g, '/'), 'http://o').pathname;
}

/** Sends a target as it stands. @returns the status */
async function ask(port: number, target: string): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const piece of socket.setEncoding('latin1')) text += piece;
  return Number(text.slice(9, 12));
}

describe('a protected path beside an open fallback', () => {
  for (const listener of ['strict', 'lenient']) {
    it(`cannot be spelled around: ${listener}`, async () => {
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(admin, async (target) => {
          const before = origin.seen.length;
          const status = await ask(gateway.portOf(listener), target);
          if (status === 401) refused++;
          for (const { target: seen } of origin.seen.slice(before)) {
            const path = readByUpstream(seen);
            assert.ok(path !== '/admin' && !path.startsWith('/admin/'), `${target} arrived as ${seen}`);
          }
        }),
        { numRuns: 400 },
      );
      assert.ok(refused > 50, `${refused} were refused by the policy`);
    });
  }

  it('is reached with a key', async () => {
    const response = await fetch(new URL('/admin/users', gateway.urlOf('strict')), {
      headers: { 'x-api-key': 'key-of-acme' },
    });
    assert.equal(response.status, 200);
  });
});
