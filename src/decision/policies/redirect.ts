import type { Decision } from '../decision.ts';
import { parseDestination } from '../destination.ts';
import { isNormalPath, movePrefix, type PrefixChange, renderPath, renderQuery } from '../url-template.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

export interface RedirectOptions {
  /** A whole URL, or a path on the same host; a template. Null: the request's own URL with the changes below. */
  readonly to: string | null;
  readonly scheme: 'http' | 'https' | null;
  /** Without port. */
  readonly host: string | null;
  readonly port: number | null;
  readonly prefix: PrefixChange | null;
  readonly status: 301 | 302 | 303 | 307 | 308;
}

/** Null: the request has no place there, its path would be none. */
type Locate = (decision: Decision) => string | null;

/** Sends the client elsewhere, unless it is there already (RFC 9110, section 15.4). */
export const redirect: PolicyDefinition<RedirectOptions> = {
  name: 'redirect',
  phase: 'edge',
  needs: [],
  create(options) {
    const locate = options.to === null ? changed(options) : templated(options.to);
    return {
      onRequest(decision) {
        if (options.to === null && !changesAnything(options, decision)) return PASS;
        const location = locate(decision);
        if (location === null) return decision.refuse('path_invalid');
        if (location === urlOf(decision)) return PASS;
        decision.trace?.note(`sent to ${location}`);
        return decision.answer({ status: options.status, headers: ['location', location], body: null });
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

/** Without making anything: requests that are where they belong pass here all day. */
function changesAnything({ scheme, host, port, prefix }: RedirectOptions, { request }: Decision): boolean {
  if (scheme !== null && scheme !== request.scheme) return true;
  if (host !== null && host !== request.host) return true;
  if (port !== null && scheme === null && portOf(request.authority) !== port) return true;
  return prefix !== null && movePrefix(request.path, prefix) !== null;
}

function changed({ scheme, host, port, prefix }: RedirectOptions): Locate {
  return ({ request }) => {
    const toScheme = scheme ?? request.scheme;
    // Another scheme has another port: its own, unless the config says which.
    const clientPort = toScheme === request.scheme ? portOf(request.authority) : null;
    const toPort = port ?? clientPort;
    const isUsual = toPort === null || toPort === (toScheme === 'https' ? 443 : 80);
    const authority = `${host ?? request.host}${isUsual ? '' : `:${toPort}`}`;
    const path = prefix === null ? request.path : (movePrefix(request.path, prefix) ?? request.path);
    if (prefix !== null && !isNormalPath(path)) return null;
    return `${toScheme}://${authority}${path}${request.query === null ? '' : `?${request.query}`}`;
  };
}

function templated(to: string): Locate {
  const parsed = parseDestination(to);
  if (typeof parsed === 'string') throw new TypeError(`redirect to ${to} ${parsed}`);
  const { scheme, authority, path, query, fragment } = parsed;
  return (decision) => {
    const { request } = decision;
    const rendered = renderPath(path, decision, request);
    if (rendered === null) return null;
    const host = authority === null ? request.authority : authority.render(decision, request, (text) => text);
    const asked = query === null ? '' : (renderQuery(query, decision) ?? '');
    const suffix = `${asked === '' ? '' : `?${asked}`}${fragment === '' ? '' : `#${fragment}`}`;
    return `${scheme ?? request.scheme}://${host}${rendered}${suffix}`;
  };
}

function urlOf({ request: { scheme, authority, path, query } }: Decision): string {
  return `${scheme}://${authority.toLowerCase()}${path}${query === null ? '' : `?${query}`}`;
}

function portOf(authority: string): number | null {
  const digits = /:(\d+)$/.exec(authority)?.[1];
  return digits === undefined ? null : Number(digits);
}
