import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CompiledPolicy } from '../../../src/config/compiled.ts';
import { credentialPlacesOf } from '../../../src/config/credential-places.ts';

const policy = (name: string, options: unknown): CompiledPolicy => ({ policy: name, options, scope: '', source: '' });

describe('the places of credentials in a config', () => {
  it('are those that policies look into, each once', () => {
    const places = credentialPlacesOf([
      policy('keyAuth', { header: 'x-who', query: 'who', cookie: 'c' }),
      policy('keyAuth', { header: 'x-who', query: null, cookie: null }),
      policy('jwt', { from: { kind: 'header', name: 'authorization' } }),
      policy('jwt', { from: { kind: 'query', name: 't' } }),
      policy('jwt', { from: { kind: 'cookie', name: 'jwt' } }),
      policy('rateLimit', { by: 'consumer' }),
    ]);
    assert.deepEqual(places, { headers: ['x-who', 'authorization'], queries: ['who', 't'] });
  });
});
