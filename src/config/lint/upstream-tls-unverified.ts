import type { Lint } from './lint.ts';

/** An upstream whose certificate nobody looks at. */
export const upstreamTlsUnverified: Lint = {
  id: 'upstream-tls-unverified',
  *find({ config }) {
    for (const [name, { tls }] of Object.entries(config.upstreams)) {
      if (tls?.verify !== false) continue;
      const message = 'any certificate is accepted, so that whoever is between can read and change everything';
      yield { path: ['upstreams', name, 'tls', 'verify'], message };
    }
  },
};
