import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { backoffMs, decideRetry, type FailedAttempt } from '../../../../src/acceptor/upstream/retry.ts';
import type { Millis } from '../../../../src/brand.ts';
import type { RetryRules } from '../../../../src/config/compiled-care.ts';
import { ERROR_CODES, ERRORS, type ErrorCode } from '../../../../src/errors/table.ts';

/** The keep-alive race of an idempotent request, which is worth a retry. */
const race: FailedAttempt = {
  code: 'upstream_closed',
  attempts: 1,
  retries: 1,
  idempotent: true,
  retryNonIdempotent: false,
  reused: true,
  responseBegun: false,
  requestReachedPeer: true,
  bodyReplayable: true,
  rules: null,
  hasFailover: false,
};
const refused: FailedAttempt = {
  ...race,
  code: 'upstream_connect_failed',
  reused: false,
  requestReachedPeer: false,
};

/** Of those left out nobody was asked: that they go to another upstream at most is tested below. */
const ASKED = ERROR_CODES.filter((code) => code !== 'upstream_unavailable' && code !== 'upstream_circuit_open');

const anyAttempt: fc.Arbitrary<FailedAttempt & { readonly code: ErrorCode }> = fc.record({
  code: fc.constantFrom<ErrorCode>(...ASKED),
  attempts: fc.integer({ min: 1, max: 5 }),
  retries: fc.nat(5),
  idempotent: fc.boolean(),
  retryNonIdempotent: fc.boolean(),
  reused: fc.boolean(),
  responseBegun: fc.boolean(),
  requestReachedPeer: fc.boolean(),
  bodyReplayable: fc.boolean(),
  rules: fc.constant(null),
  hasFailover: fc.boolean(),
});

describe('retry', () => {
  it('repeats what never reached the upstream, whatever the method', () => {
    for (const code of ['upstream_connect_failed', 'upstream_connect_timeout', 'upstream_tls_failed'] as const) {
      assert.equal(decideRetry({ ...refused, code, idempotent: false }), 'retry');
    }
    assert.equal(decideRetry({ ...race, idempotent: false, requestReachedPeer: false }), 'retry-fresh');
  });

  it('repeats the keep-alive race of an idempotent request, or of any when the route says so', () => {
    assert.equal(decideRetry(race), 'retry-fresh');
    assert.equal(decideRetry({ ...race, idempotent: false }), 'give-up');
    assert.equal(decideRetry({ ...race, idempotent: false, retryNonIdempotent: true }), 'retry-fresh');
    assert.equal(decideRetry({ ...race, reused: false }), 'give-up');
  });

  it('gives up when the budget is spent', () => {
    assert.equal(decideRetry({ ...refused, attempts: 2 }), 'give-up');
    assert.equal(decideRetry({ ...refused, attempts: 2, retries: 2 }), 'retry');
    assert.equal(decideRetry({ ...refused, retries: 0 }), 'give-up');
  });

  it('decides by what the route wants tried again', () => {
    const rules: RetryRules = { connect: true, reset: true, timeout: true, statuses: [503], budget: 1, backoff: null };
    const fresh = { ...race, reused: false };
    const table: readonly [what: string, failed: FailedAttempt, verdict: string][] = [
      ['a status it names', { ...fresh, code: 503, rules }, 'retry'],
      ['a status it does not name', { ...fresh, code: 502, rules }, 'give-up'],
      ['a status without rules', { ...fresh, code: 503 }, 'give-up'],
      ['a status of a POST', { ...fresh, code: 503, rules, idempotent: false }, 'give-up'],
      ['a status when attempts are used up', { ...fresh, code: 503, rules, attempts: 2 }, 'give-up'],
      ['the same with another upstream', { ...fresh, code: 503, rules, attempts: 2, hasFailover: true }, 'fail-over'],
      ['a status when the body is gone', { ...fresh, code: 503, rules, bodyReplayable: false }, 'give-up'],
      ['a timeout', { ...fresh, code: 'upstream_head_timeout', rules }, 'retry'],
      ['a timeout of a POST', { ...fresh, code: 'upstream_head_timeout', rules, idempotent: false }, 'give-up'],
      [
        'a timeout it does not name',
        { ...fresh, code: 'upstream_head_timeout', rules: { ...rules, timeout: false } },
        'give-up',
      ],
      ['a timeout without rules', { ...fresh, code: 'upstream_head_timeout' }, 'give-up'],
      ['a reset of a new connection', { ...fresh, rules }, 'retry-fresh'],
      ['the same of a POST', { ...fresh, rules, idempotent: false }, 'give-up'],
      ['a reset it does not name', { ...race, rules: { ...rules, reset: false } }, 'give-up'],
      ['no connection', { ...refused, rules, idempotent: false }, 'retry'],
      ['no connection, which it does not name', { ...refused, rules: { ...rules, connect: false } }, 'give-up'],
      [
        'no connection, attempts used up, another upstream',
        { ...refused, attempts: 2, hasFailover: true },
        'fail-over',
      ],
      ['nobody there', { ...refused, code: 'upstream_circuit_open' }, 'give-up'],
      [
        'nobody there, and another upstream',
        { ...refused, code: 'upstream_unavailable', hasFailover: true },
        'fail-over',
      ],
      ['a limit that is reached', { ...refused, code: 'upstream_overloaded', hasFailover: true }, 'give-up'],
    ];
    for (const [what, failed, verdict] of table) assert.equal(decideRetry(failed), verdict, what);
  });

  it('waits anything up to a bound that doubles', () => {
    const backoff = { base: 25 as Millis, max: 250 as Millis };
    const longest = [1, 2, 3, 4, 5, 6, 1000].map((attempts) => backoffMs(backoff, attempts, 0.999_999));
    assert.deepEqual(longest, [24, 49, 99, 199, 249, 249, 249]);
    assert.equal(backoffMs(backoff, 3, 0), 0);
    assert.equal(backoffMs(backoff, 3, 0.5), 50);
  });

  it('never repeats after a response byte, without the body, past the budget, or what the table forbids', () => {
    fc.assert(
      fc.property(anyAttempt, (failed) => {
        if (decideRetry(failed) === 'give-up') return;
        assert.equal(failed.responseBegun, false);
        assert.equal(failed.bodyReplayable, true);
        assert.ok(failed.attempts <= failed.retries || failed.hasFailover);
        assert.notEqual(ERRORS[failed.code].retry, 'never');
      }),
    );
  });

  it('never makes an upstream do work of a non-idempotent request twice unasked', () => {
    fc.assert(
      fc.property(anyAttempt, (failed) => {
        fc.pre(!failed.idempotent && !failed.retryNonIdempotent && ERRORS[failed.code].retry !== 'safe');
        if (decideRetry(failed) !== 'give-up') assert.equal(failed.requestReachedPeer, false);
      }),
    );
  });
});
