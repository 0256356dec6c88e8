import type { JwtOptions } from '../decision/policies/jwt/jwt-options.ts';
import type { KeyAuthOptions } from '../decision/policies/key-auth.ts';
import type { SecretPlaces } from '../recording/secret-names.ts';
import type { CompiledPolicy } from './compiled.ts';

/** Every header and query parameter in which policies look for credentials. (All cookies and Authorization are secret anyway.) */
export function credentialPlacesOf(policies: readonly CompiledPolicy[]): SecretPlaces {
  const headers = new Set<string>();
  const queries = new Set<string>();
  for (const { policy, options } of policies) {
    if (policy === 'keyAuth') {
      const { header, query } = options as KeyAuthOptions;
      if (header !== null) headers.add(header);
      if (query !== null) queries.add(query);
    } else if (policy === 'jwt') {
      const { kind, name } = (options as JwtOptions).from;
      if (kind !== 'cookie') (kind === 'header' ? headers : queries).add(name);
    }
  }
  return { headers: [...headers], queries: [...queries] };
}
