import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AppliedLevers } from '../../../src/acceptor/applied-levers.ts';
import type { CompiledPolicy, CompiledUpstream } from '../../../src/config/compiled.ts';
import type { LimitWindow } from '../../../src/decision/policies/host.ts';

const upstream = (...names: string[]) =>
  ({ name: 'u', endpoints: names.map((name) => ({ name })) }) as unknown as CompiledUpstream;
const out = (endpoint: string) => ({ kind: 'endpoint-out', upstream: 'u', endpoint }) as const;

it('endpoints are taken out of their upstream alone, which never loses its last one', () => {
  const levers = new AppliedLevers([out('a'), out('b')]);
  const left = (config: CompiledUpstream) => levers.upstream(config).endpoints.map(({ name }) => name);
  assert.deepEqual(left(upstream('a', 'b', 'c')), ['c']);
  assert.deepEqual(left(upstream('a', 'b')), ['a', 'b'], 'a config that came later has no other');
  const other = { ...upstream('a', 'c'), name: 'v' };
  assert.equal(levers.upstream(other), other);
});

it('a limit is changed for its route, and every other policy is as it was', () => {
  const window = { limit: 5 } as unknown as LimitWindow;
  const levers = new AppliedLevers([
    { kind: 'limit', route: 'r', window },
    { kind: 'kill-route', route: 'k' },
  ]);
  const policies = [
    { policy: 'cors', options: {} },
    { policy: 'rateLimit', options: { by: 'ip', windows: [1, 2] } },
  ] as unknown as readonly CompiledPolicy[];
  assert.equal(levers.policies('other', policies), policies);
  const [cors, limit] = levers.policies('r', policies);
  assert.equal(cors, policies[0]);
  assert.deepEqual(limit!.options, { by: 'ip', windows: [{ limit: 5, name: 'default' }] });
  assert.deepEqual(policies[1]!.options, { by: 'ip', windows: [1, 2] }, 'the snapshot itself is not changed');
  assert.deepEqual([levers.isKilled('k'), levers.isKilled('r')], [true, false]);
});
