/** What a command shows of a request: everything but secrets. */

const MASK = '***';
/** Names whose values say who somebody is: `authorization`, `cookie`, `x-api-key`, `access_token`, `set-cookie`, ... */
const SECRET =
  /(?:^|[-_.])(?:authorization|cookie|cookies|auth|token|tokens|secret|password|passwd|pwd|key|apikey|signature|sig|session|sessionid|jwt|credential|credentials)(?:$|[-_.])/i;
const SECRET_ENDING = /(?:token|secret|password|apikey)$/i;

function isSecretName(name: string): boolean {
  return SECRET.test(name) || SECRET_ENDING.test(name);
}

/**
 * Hides values by the names they stand under, and by those the config itself takes credentials from.
 */
export class Masking {
  readonly #names: ReadonlySet<string>;

  /** @param names lower-case names of headers, parameters or cookies that hold credentials on this route */
  constructor(names: Iterable<string> = []) {
    this.#names = new Set(names);
  }

  header(name: string, value: string): string {
    return this.#isSecret(name) ? MASK : value;
  }

  /** A path with its query: parameters with secret names lose their values. */
  target(target: string): string {
    const mark = target.indexOf('?');
    return mark === -1 ? target : `${target.slice(0, mark)}?${this.query(target.slice(mark + 1))}`;
  }

  query(query: string): string {
    const parts = query.split('&').map((part) => {
      const equals = part.indexOf('=');
      return equals !== -1 && this.#isSecret(plain(part.slice(0, equals))) ? `${part.slice(0, equals)}=${MASK}` : part;
    });
    return parts.join('&');
  }

  #isSecret(name: string): boolean {
    return isSecretName(name) || this.#names.has(name.toLowerCase());
  }
}

function plain(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Where an authentication policy takes credentials from, in options as its `create` takes them. */
const SOURCES: readonly string[] = ['header', 'query', 'cookie'];

/** The names among the options of a route's policies under which clients send credentials. */
export function credentialNames(policies: readonly { readonly policy: string; readonly options: unknown }[]): string[] {
  return policies.flatMap(({ policy, options }) => {
    if (!['keyAuth', 'basicAuth', 'jwt'].includes(policy) || typeof options !== 'object' || options === null) return [];
    return deepTexts(options as Record<string, unknown>, 2);
  });
}

function deepTexts(options: Readonly<Record<string, unknown>>, depth: number): string[] {
  const { kind, name } = options;
  // `jwt` names its one place so.
  if (typeof name === 'string' && SOURCES.includes(kind as string)) return [name.toLowerCase()];
  return Object.entries(options).flatMap(([key, value]) => {
    if (SOURCES.includes(key) && typeof value === 'string') return [value.toLowerCase()];
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMap && depth > 0 ? deepTexts(value as Record<string, unknown>, depth - 1) : [];
  });
}
