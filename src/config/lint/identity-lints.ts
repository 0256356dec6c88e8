import { isLoopback } from '../schema/network-fields.ts';
import type { Lint } from './lint.ts';
import { isProtected } from './route-policies.ts';

const SENT_IN_PLAIN: ReadonlySet<string> = new Set(['basicAuth', 'keyAuth']);

/** Passwords and keys that cross a network unencrypted. */
export const credentialsOverHttp: Lint = {
  id: 'credentials-over-http',
  *find({ config, policies, placeOf }) {
    const index = config.listeners.findIndex(({ tls, address }) => tls === undefined && !isLoopback(address));
    if (index === -1) return;
    const policy = policies.flat().find(({ name }) => SENT_IN_PLAIN.has(name));
    if (policy === undefined) return;
    const message = `credentials of ${policy.name} (${placeOf(policy.path)}) cross this listener without TLS, expected tls, or an address that only this machine reaches`;
    yield { path: ['listeners', index, 'address'], message };
  },
};

/** A route that judges an identity it never asks for. */
export const authorizeWithoutIdentity: Lint = {
  id: 'authorize-without-identity',
  *find({ policies, compiled }) {
    for (const [route, own] of policies.entries()) {
      const judge = own.find(({ name }) => name === 'authorize');
      if (judge === undefined || isProtected(own)) continue;
      const { name } = compiled.routes[route]!;
      const message = `authorize judges who is asking, and no policy of route ${name} finds that out: it refuses everybody`;
      yield { path: judge.path, message };
    }
  },
};
