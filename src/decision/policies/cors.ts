import type { Decision } from '../decision.ts';
import { originMatcher } from '../origin-matcher.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

export interface CorsOptions {
  /** Origins as browsers write them; `https://*.example.com` is every host below; `*` alone is any. */
  readonly origins: readonly string[];
  /** `*` alone: any. */
  readonly methods: readonly string[];
  /** `*` alone: any. Lower case. */
  readonly headers: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly credentials: boolean;
  /** Null: the browser's own default. */
  readonly maxAgeSeconds: number | null;
  readonly privateNetwork: boolean;
}

/** What an upstream may have said itself: two answers to one question would be none. */
const RESPONSE_HEADERS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age',
] as const;

/** Names as a browser lists them; longer lists are no browser's. */
const HEADER_LIST = /^[!#$%&'*+.^_`|~0-9A-Za-z, \t-]{1,2048}$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** Lets scripts of other origins use a route (Fetch standard, section 3.2): answers preflights, and marks every response. */
export const cors: PolicyDefinition<CorsOptions> = {
  name: 'cors',
  phase: 'edge',
  needs: [],
  create(options) {
    const ready = new Cors(options);
    return { onRequest: (decision) => ready.onRequest(decision), onResponse: null, onEnd: null };
  },
};

class Cors {
  readonly #options: CorsOptions;
  readonly #isAnyOrigin: boolean;
  readonly #isAllowed: (origin: string) => boolean;
  readonly #exposed: string;

  constructor(options: CorsOptions) {
    this.#options = options;
    this.#isAnyOrigin = options.origins.includes('*');
    this.#isAllowed = originMatcher(options.origins);
    this.#exposed = options.exposedHeaders.join(', ');
  }

  onRequest(decision: Decision): Verdict {
    const { request } = decision;
    const origin = request.header('origin');
    const isAllowed = this.#isAnyOrigin || (origin !== null && this.#isAllowed(origin));
    if (request.method === 'OPTIONS' && origin !== null) {
      const method = request.header('access-control-request-method');
      if (method !== null) return this.#answerPreflight(decision, isAllowed ? origin : null, method);
    }
    this.#mark(decision, isAllowed, origin);
    return PASS;
  }

  /** Written now, it is on whatever the client is answered: errors of the gateway and stored responses, too. */
  #mark(decision: Decision, isAllowed: boolean, origin: string | null): void {
    const { responseHeaders } = decision;
    for (const name of RESPONSE_HEADERS) responseHeaders.remove(name);
    if (!this.#isAnyOrigin) responseHeaders.add('vary', 'Origin');
    if (!isAllowed) {
      if (origin !== null) decision.trace?.note('the origin is not among those allowed: no CORS headers');
      return;
    }
    responseHeaders.add('access-control-allow-origin', this.#isAnyOrigin ? '*' : origin!);
    if (this.#options.credentials) responseHeaders.add('access-control-allow-credentials', 'true');
    if (this.#exposed !== '') responseHeaders.add('access-control-expose-headers', this.#exposed);
  }

  /** @param origin null: not allowed, which the browser takes from there being no word of it */
  #answerPreflight(decision: Decision, origin: string | null, method: string): Verdict {
    const headers = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'];
    if (origin !== null) this.#allow(decision, origin, method, headers);
    decision.trace?.note(`preflight of an origin that is ${origin === null ? 'not allowed' : 'allowed'}`);
    return decision.answer({ status: 204, headers, body: null });
  }

  #allow({ request }: Decision, origin: string, method: string, headers: string[]): void {
    const { methods, headers: allowed, credentials, maxAgeSeconds, privateNetwork } = this.#options;
    headers.push('access-control-allow-origin', this.#isAnyOrigin ? '*' : origin);
    if (credentials) headers.push('access-control-allow-credentials', 'true');
    // A star would mean the method or header of that name when credentials are sent: what was asked for is always right.
    const methodList = methods.includes('*') ? matching(TOKEN, method) : methods.join(', ');
    if (methodList !== '') headers.push('access-control-allow-methods', methodList);
    const asked = request.header('access-control-request-headers') ?? '';
    const headerList = allowed.includes('*') ? matching(HEADER_LIST, asked) : allowed.join(', ');
    if (headerList !== '') headers.push('access-control-allow-headers', headerList);
    if (maxAgeSeconds !== null) headers.push('access-control-max-age', String(maxAgeSeconds));
    if (privateNetwork && request.header('access-control-request-private-network') === 'true')
      headers.push('access-control-allow-private-network', 'true');
  }
}

function matching(pattern: RegExp, text: string): string {
  return pattern.test(text) ? text : '';
}
