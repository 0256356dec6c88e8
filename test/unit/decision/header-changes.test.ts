import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderChanges, type HeaderSource } from '../../../src/decision/header-changes.ts';

const source: HeaderSource = { header: (name) => (name.startsWith('x') ? `sent as ${name}` : null) };
const changes = (message: 'request' | 'response' = 'request') => new HeaderChanges(message, source);

describe('changes to headers', () => {
  it('hide a name in the spellings that CGI and its heirs take for it, whichever of them the policy wrote', () => {
    const made = changes();
    made.remove('x-user-id');
    for (const name of ['x-user-id', 'x_user_id', 'x-user_id']) {
      assert.ok(made.hides(name), name);
      assert.equal(made.get(name), null, name);
    }
    assert.ok(!made.hides('x-user'));
    made.set('x_team', 'blue');
    for (const name of ['x-team', 'x_team']) assert.ok(made.hides(name), name);
    assert.deepEqual([made.get('x_team'), made.get('x-team')], ['blue', null]);
    assert.equal(made.get('x-user-id-2'), 'sent as x-user-id-2');
  });

  it('are seen by those who come later', () => {
    const made = changes();
    assert.equal(made.get('x-a'), 'sent as x-a');
    made.add('x-a', '1');
    assert.equal(made.get('x-a'), 'sent as x-a, 1');
    made.set('x-a', '2');
    made.add('x-a', '3');
    assert.equal(made.get('x-a'), '2, 3');
    made.remove('x-a');
    assert.deepEqual([made.get('x-a'), made.added.length], [null, 0]);
  });

  it('are refused for what the gateway owns, each time and for each message apart', () => {
    for (let time = 0; time < 2; time++) {
      assert.throws(() => changes('request').set('via', 'x'), TypeError);
      changes('response').set('via', 'x');
      assert.throws(() => changes('response').remove('date'), TypeError);
      changes('request').remove('date');
      for (const name of ['X-A', 'x a', '', 'x:', 'x\r\ny'])
        assert.throws(() => changes().add(name, 'x'), TypeError, name);
    }
  });

  it('are refused for values that could end their line', () => {
    for (const value of ['a\r\nb', 'a\nb', '\0', '\x7f', 'ā']) {
      assert.throws(() => changes().set('x-a', value), TypeError);
      assert.throws(() => changes().add('x-a', value), TypeError);
    }
  });
});
