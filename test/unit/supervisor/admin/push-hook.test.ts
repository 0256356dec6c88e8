import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { isSigned } from '../../../../src/supervisor/admin/push-hook.ts';
import { AdminServer } from '../../../../src/supervisor/admin/server.ts';
import { anAdminSource } from './an-admin-source.ts';

const SECRET = 'shared';
const BODY = Buffer.from(JSON.stringify({ ref: 'refs/heads/main' }));
const HMAC = createHmac('sha256', SECRET).update(BODY).digest('hex');

/** An admin address with a token, and what was said to be pushed. */
async function listening(t: TestContext) {
  const refs: (string | null)[] = [];
  const failures: unknown[] = [];
  const server = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    tokens: [{ name: 'me', token: 'a-token-of-the-api', role: 'operator' }],
    source: anAdminSource(),
    audit: null,
    push: { secret: async () => SECRET, onPush: (ref) => refs.push(ref) > 0 },
    report: () => {},
    onFailure: (error) => failures.push(error),
  });
  const port = (await server.listen())!;
  t.after(() => server.close());
  const send = (headers: Record<string, string>, body: Uint8Array = BODY) =>
    fetch(`http://127.0.0.1:${port}/source/push`, { method: 'POST', headers, body });
  return { port, refs, failures, send };
}

describe('a push that a Git host tells of', () => {
  it('is believed with the signature of each of them, and with nothing else', () => {
    for (const headers of [
      { 'x-hub-signature-256': `sha256=${HMAC}` },
      { 'x-hub-signature-256': `sha256=${HMAC.toUpperCase()}` },
      { 'x-gitea-signature': HMAC },
      { 'x-forgejo-signature': HMAC },
      { 'x-gitlab-token': SECRET },
    ])
      assert.equal(isSigned(headers, BODY, SECRET), true, JSON.stringify(headers));
    for (const headers of [
      {},
      { 'x-hub-signature-256': '' },
      { 'x-hub-signature-256': HMAC },
      { 'x-hub-signature-256': `sha256=${HMAC.slice(1)}` },
      { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}`, 'x-gitlab-token': SECRET },
      { 'x-hub-signature': `sha1=${HMAC}` },
      { 'x-gitea-signature': '' },
      { 'x-gitlab-token': HMAC },
      { 'x-gitlab-token': '' },
    ])
      assert.equal(isSigned(headers, BODY, SECRET), false, JSON.stringify(headers));
    assert.equal(isSigned({ 'x-hub-signature-256': `sha256=${HMAC}` }, Buffer.from('{}'), SECRET), false);
  });

  it('needs no token of the API, and a token of the API is no signature', async (t) => {
    const { send, refs } = await listening(t);
    assert.equal((await send({ 'x-gitlab-token': SECRET })).status, 202);
    assert.equal((await send({ authorization: 'Bearer a-token-of-the-api' })).status, 401);
    assert.deepEqual(refs, ['refs/heads/main']);
  });

  it('may be told in any form, and is no more than a hint', async (t) => {
    const { send, refs } = await listening(t);
    for (const body of ['payload=%7B%7D', '', '[]', 'null', '{"ref":7}', '\xff'])
      assert.equal((await send({ 'x-gitlab-token': SECRET }, Buffer.from(body, 'latin1'))).status, 202, body);
    assert.deepEqual([...new Set(refs)], [null]);
  });

  it('that is too long, cut off or asked for is nothing', async (t) => {
    const { port, send, refs, failures } = await listening(t);
    const large = Buffer.alloc(1024 ** 2 + 1);
    assert.equal((await send({ 'x-gitlab-token': SECRET }, large)).status, 413);
    assert.equal((await fetch(`http://127.0.0.1:${port}/source/push`)).status, 405);
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /source/push HTTP/1.1\r\nHost: a\r\nx-gitlab-token: ${SECRET}\r\ncontent-length: 10\r\n\r\n{`);
    await once(socket, 'connect');
    socket.destroy();
    assert.equal((await send({ 'x-gitlab-token': SECRET })).status, 202, 'it still listens');
    assert.deepEqual([refs.length, failures], [1, []]);
  });
});
