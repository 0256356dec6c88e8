import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hashPasswordCommand } from '../../../src/cli/hash-password.ts';
import { checkPassword } from '../../../src/decision/passwords.ts';
import { PASSWORD } from '../../../src/decision/policies/host.ts';

async function run(...pieces: readonly string[]) {
  let [out, error] = ['', ''];
  const output = { out: (text: string) => (out += text), error: (text: string) => (error += text) };
  async function* input() {
    yield* pieces;
  }
  return { code: await hashPasswordCommand([], output as never, input()), out, error: () => error, printed: out };
}

it('prints a hash that the password fits, up to the line break, in whatever pieces it comes', async () => {
  for (const pieces of [['sesa', 'me\n'], ['sesame'], ['sesame\r\nmore']]) {
    const { code, out } = await run(...pieces);
    assert.equal(code, 0);
    assert.equal(await checkPassword('sesame', [out.trim()]), PASSWORD.RIGHT);
  }
});

it('refuses what is no password', async () => {
  for (const wrong of ['', '\n', 'x'.repeat(2000), 'a\tb\n']) {
    const { code, printed, error } = await run(wrong);
    assert.deepEqual([code, printed], [1, '']);
    assert.match(error(), /^penstock hash-password: /);
  }
});
