import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EndpointRow, Millis } from '../../../src/brand.ts';
import type { CircuitRules } from '../../../src/config/compiled-care.ts';
import { ADMITTED, Circuits, circuitStateOf, NOT_ADMITTED } from '../../../src/shared-memory/circuit.ts';
import { EndpointTable, endpointTableBytes } from '../../../src/shared-memory/endpoint-table.ts';

const ROW = 1 as EndpointRow;
const RULES: CircuitRules = {
  failures: 0.5,
  minRequests: 4,
  window: 1000 as Millis,
  openFor: 300 as Millis,
  halfOpenRequests: 2,
  statuses: [[500, 599]],
};

function make(rules: CircuitRules = RULES): { table: EndpointTable; acceptors: Circuits[]; state: () => string } {
  const memory = new SharedArrayBuffer(endpointTableBytes(4, 2));
  const table = new EndpointTable(memory, 2);
  const acceptors = [0, 1].map((slot) => new Circuits(new EndpointTable(memory, 2, slot), rules));
  return { table, acceptors, state: () => circuitStateOf(table.get(ROW, 'CIRCUIT')) };
}

describe('a circuit', () => {
  it('opens at the share of failures, once there were enough requests, whoever counted them', () => {
    const { acceptors, state } = make();
    const [one, two] = acceptors as [Circuits, Circuits];
    one.record(ROW, false, 10);
    two.record(ROW, false, 10);
    one.record(ROW, false, 11);
    assert.equal(state(), 'closed', 'three are too few');
    two.record(ROW, true, 12);
    assert.equal(state(), 'closed', 'a success opens nothing');
    one.record(ROW, false, 13);
    assert.equal(state(), 'open');
    assert.equal(two.admit(ROW, 14), NOT_ADMITTED);
    assert.equal(two.isPassable(ROW, 14), false);
  });

  it('forgets what is older than its window', () => {
    const { acceptors, state } = make();
    for (let i = 0; i < 3; i++) acceptors[0]!.record(ROW, false, 0);
    for (let i = 0; i < 3; i++) acceptors[0]!.record(ROW, false, 5000 + i);
    assert.equal(state(), 'closed');
  });

  it('takes a time far ahead for one that has passed: 32 bits of milliseconds come round in 49 days', () => {
    const { table, acceptors } = make();
    table.set(ROW, 'CIRCUIT', 1);
    table.set(ROW, 'CIRCUIT_UNTIL', 2_000_000);
    assert.notEqual(acceptors[0]!.admit(ROW, 10), NOT_ADMITTED);
  });

  it('hears nothing of probes of an earlier round, and gives the place of one that came to nothing to another', () => {
    const { acceptors, state } = make({ ...RULES, halfOpenRequests: 1 });
    const circuits = acceptors[0]!;
    for (let i = 0; i < 4; i++) circuits.record(ROW, false, 0);
    const lost = circuits.admit(ROW, 301);
    assert.ok(lost > ADMITTED);
    assert.equal(circuits.admit(ROW, 302), NOT_ADMITTED);
    circuits.giveBack(ROW, lost);
    const second = circuits.admit(ROW, 303);
    assert.equal(second, lost, 'the same round');
    // Nobody hears of it: after openFor another round begins.
    const third = circuits.admit(ROW, 700);
    assert.ok(third > ADMITTED && third !== second);
    circuits.onProbe(ROW, second, false, 701);
    assert.equal(state(), 'half-open');
    circuits.onProbe(ROW, third, true, 702);
    assert.equal(state(), 'closed');
  });
});

/** What the circuit is to do, in plain words: lists of what happened, no words of memory. */
class Model {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  until = 0;
  round = 0;
  given = 0;
  good = 0;
  events: { tick: number; isSuccess: boolean }[] = [];

  admit(now: number): 'yes' | 'no' | 'probe' {
    if (this.state === 'closed') return 'yes';
    if (this.state === 'half-open' && this.given < RULES.halfOpenRequests) {
      this.given++;
      return 'probe';
    }
    if (now < this.until) return 'no';
    this.state = 'half-open';
    this.round++;
    this.given = 1;
    this.good = 0;
    this.until = now + RULES.openFor;
    return 'probe';
  }

  record(isSuccess: boolean, now: number): void {
    const tick = Math.floor(now / (RULES.window / 5));
    this.events = this.events.filter((event) => tick - event.tick < 5);
    this.events.push({ tick, isSuccess });
    const failures = this.events.filter((event) => !event.isSuccess).length;
    if (isSuccess || this.state !== 'closed' || this.events.length < RULES.minRequests) return;
    if (failures < RULES.failures * this.events.length) return;
    this.state = 'open';
    this.until = now + RULES.openFor;
  }

  probe(round: number, isSuccess: boolean, now: number): void {
    if (this.state !== 'half-open' || round !== this.round) return;
    if (!isSuccess) {
      this.state = 'open';
      this.until = now + RULES.openFor;
    } else if (++this.good >= RULES.halfOpenRequests) {
      this.state = 'closed';
      this.events = [];
    }
  }
}

const someSteps = fc.array(
  fc.record({
    wait: fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(700) }),
    acceptor: fc.nat(1),
    isSuccess: fc.boolean(),
    /** Ends an exchange begun before, in any order, rather than beginning one. */
    ends: fc.option(fc.nat()),
  }),
  { maxLength: 150 },
);

describe('circuits of two acceptors', () => {
  it('do what the model does, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(someSteps, fc.nat(0xffff_0000), (steps, offset) => {
        const { acceptors, state } = make();
        const model = new Model();
        const open: { acceptor: number; round: number; modelRound: number }[] = [];
        // Whole slices, so that model and circuit cut time alike; anywhere in the 32 bits, so that signs matter.
        const start = offset - (offset % RULES.window);
        let now = 0;
        for (const { wait, acceptor, isSuccess, ends } of steps) {
          now += wait;
          const shared = (start + now) | 0;
          if (ends === null) {
            const expected = model.admit(now);
            const got = acceptors[acceptor]!.admit(ROW, shared);
            assert.equal(got === NOT_ADMITTED ? 'no' : got === ADMITTED ? 'yes' : 'probe', expected);
            if (expected !== 'no')
              open.push({ acceptor, round: got, modelRound: expected === 'yes' ? 0 : model.round });
          } else if (open.length > 0) {
            const [exchange] = open.splice(ends % open.length, 1);
            const circuits = acceptors[exchange!.acceptor]!;
            if (exchange!.modelRound === 0) {
              circuits.record(ROW, isSuccess, shared);
              model.record(isSuccess, now);
            } else {
              circuits.onProbe(ROW, exchange!.round, isSuccess, shared);
              model.probe(exchange!.modelRound, isSuccess, now);
            }
          }
          assert.equal(state(), model.state);
        }
      }),
      { numRuns: 300 },
    );
  });
});
