import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { githubCalls, loggedRequests, responseBodyOf } from './recorded-traffic.ts';

describe('recorded traffic', () => {
  it('holds distinct calls with their answers, whole and without credentials', () => {
    const calls = githubCalls();
    assert.ok(calls.length > 1_000);
    assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
    for (const call of calls) {
      assert.match(call.target, /^\/[\x21-\x7e]*$/);
      assert.equal(responseBodyOf(call).length, call.responseBytes);
      const names = [...call.headers, ...call.responseHeaders].map(([name]) => name.toLowerCase());
      for (const left of ['authorization', 'set-cookie', 'content-length', 'transfer-encoding'])
        assert.ok(!names.includes(left));
    }
  });

  it('holds logged requests in the order they were logged, unusual ones included', () => {
    const requests = loggedRequests('wordpress');
    assert.ok(requests.length > 6_000 && loggedRequests('apache').length > 6_000);
    assert.ok(
      requests.some(({ target }) => target.includes('#')) && requests.some(({ target }) => target.includes('\\')),
    );
    const times = requests.slice(0, 6_000).map(({ at }) => at);
    const latest = times.map((at, index) => (index === 0 ? 0 : times[index - 1] - at));
    assert.ok(Math.max(...latest) < 600, 'a line is logged when its request ends, so only slightly out of order');
  });
});
