import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decideRetry, type FailedAttempt } from '../../../../src/acceptor/upstream/retry.ts';
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
