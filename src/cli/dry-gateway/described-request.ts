/** A request as somebody describes it on a command line or in a config's tests, and the head a listener would have read. */
import type { HeadSource } from '../../acceptor/listener/uws/head-reader.ts';

export interface DescribedRequest {
  readonly method: string;
  /** `http://host[:port]/path?query`, or a path alone. Taken as it stands: nothing of it is resolved or escaped. */
  readonly url: string;
  /** In the order they are sent; a name may come more than once. A `host` among them replaces that of the URL. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Address of the TCP peer; null: this machine, or nobody on a unix socket. */
  readonly client: string | null;
  readonly body: Buffer;
  /** Name of the listener it arrives at; null: the one that fits the URL best. */
  readonly listener: string | null;
}

/** What the URL of a request says. */
export interface Target {
  /** Null when the URL is a path alone. */
  readonly scheme: 'http' | 'https' | null;
  /** Host and port as written; empty when the URL is a path alone. */
  readonly authority: string;
  readonly rawPath: string;
  readonly query: string | null;
}

const URL_PARTS = /^(?:(https?):\/\/([^/?#@\s]+))?(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Takes a URL apart without changing a character of it; null for what is none. */
export function parseTarget(url: string): Target | null {
  const [whole, scheme, authority, path, query] = URL_PARTS.exec(url) ?? [];
  if (whole === undefined || (authority === undefined && path === undefined)) return null;
  return {
    scheme: scheme === undefined ? null : (scheme.toLowerCase() as 'http' | 'https'),
    authority: authority ?? '',
    rawPath: path ?? '/',
    query: query ?? null,
  };
}

/** Why nobody could send this request, in words; null when one could. */
export function whyNotSendable({ method, url, headers }: DescribedRequest): string | null {
  if (!METHOD.test(method)) return `${JSON.stringify(method)} is not a method`;
  if (parseTarget(url) === null) return `${JSON.stringify(url)} is not a URL, expected http://host/path or a path`;
  for (const [name, value] of headers) {
    if (!NAME.test(name)) return `${JSON.stringify(name)} is not a header name`;
    // Not shown: it may be a secret.
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return `the value of header ${name} holds what no header can carry`;
  }
  return null;
}

/** The head of a described request, in the form in which uWS hands one over: so that the very reader of heads reads it. */
export class DescribedHead implements HeadSource {
  readonly #method: string;
  readonly #target: Target;
  /** Lower-case names. */
  readonly #headers: (readonly [name: string, value: string])[];

  constructor({ method, headers, body }: DescribedRequest, target: Target) {
    this.#method = method;
    this.#target = target;
    this.#headers = headers.map(([name, value]) => [name.toLowerCase(), value.trim()] as const);
    if (!this.#has('host')) this.#headers.unshift(['host', target.authority === '' ? 'localhost' : target.authority]);
    if (body.length > 0 && !this.#has('content-length') && !this.#has('transfer-encoding'))
      this.#headers.push(['content-length', String(body.length)]);
  }

  getCaseSensitiveMethod(): string {
    return this.#method;
  }

  getUrl(): string {
    return this.#target.rawPath;
  }

  getQuery(): string | undefined {
    return this.#target.query ?? undefined;
  }

  getHeader(name: string): string {
    return this.#headers.find(([given]) => given === name)?.[1] ?? '';
  }

  forEach(visit: (name: string, value: string) => void): void {
    for (const [name, value] of this.#headers) visit(name, value);
  }

  #has(name: string): boolean {
    return this.#headers.some(([given]) => given === name);
  }
}
