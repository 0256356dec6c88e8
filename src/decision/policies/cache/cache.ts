import type { Decision } from '../../decision.ts';
import type { PolicyDefinition } from '../policy.ts';
import { PASS, type Verdict } from '../verdict.ts';
import type { CacheOptions } from './options.ts';
import { arrive, type CacheParts, look } from './request-side.ts';
import { leave, receive, survive } from './response-side.ts';
import { Visit } from './visit.ts';

/** Methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Stands in a visit's place for a request that may change what is stored. */
const CHANGES = Symbol('changes');

/** A shared cache (RFC 9111) that never shows one identity what another was sent, unless the config says that it may. */
export const cache: PolicyDefinition<CacheOptions> = {
  name: 'cache',
  phase: 'cache',
  needs: ['promise'],
  create(options, host) {
    const parts: CacheParts = { options, host };
    const visitOf = (decision: Decision): Visit | null => {
      const visit = decision.kept(options);
      return visit instanceof Visit ? visit : null;
    };
    return {
      onRequest: (decision) => {
        if (!SAFE.has(decision.request.method)) {
          decision.keep(options, CHANGES);
          return PASS;
        }
        const visit = arrive(parts, decision);
        if (visit === null) return PASS;
        decision.keep(options, visit);
        return look(parts, decision, visit);
      },
      onResponse: (decision) => {
        const visit = visitOf(decision);
        if (visit !== null) return receive(parts, decision, visit);
        return decision.kept(options) === CHANGES ? invalidate(parts, decision) : withoutSurrogateKeys(parts, decision);
      },
      onFailure: (decision, code) => {
        const visit = visitOf(decision);
        return visit === null ? PASS : survive(parts, decision, visit, code);
      },
      onEnd: (decision) => {
        const visit = visitOf(decision);
        if (visit !== null) leave(parts, visit);
      },
    };
  },
};

/** A response without an error to a method that is not safe drops what is stored of its target (RFC 9111, section 4.4). */
function invalidate(parts: CacheParts, decision: Decision): Verdict {
  const response = decision.response!;
  const { request } = decision;
  if (response.source === 'upstream' && response.status >= 200 && response.status < 400) {
    const { responses } = parts.host;
    responses.invalidate(request.host, request.path);
    for (const name of ['location', 'content-location']) {
      const path = pathHere(response.header(name), decision);
      if (path !== null) responses.invalidate(request.host, path);
    }
  }
  return withoutSurrogateKeys(parts, decision);
}

/** The path of a URI when it is one of the same origin; of another's, nobody may drop anything. */
function pathHere(uri: string | null, { request }: Decision): string | null {
  const base = `${request.scheme}://${request.authority}${request.path}`;
  if (uri === null || !URL.canParse(uri, base)) return null;
  const url = new URL(uri, base);
  return url.host === new URL(base).host ? url.pathname : null;
}

function withoutSurrogateKeys({ options }: CacheParts, decision: Decision): Verdict {
  if (decision.response!.header(options.surrogateKeys) !== null) decision.responseHeaders.remove(options.surrogateKeys);
  return PASS;
}
