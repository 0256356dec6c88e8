/** By their names: which headers, query parameters and members of a body hold secrets. */

/** Chosen places beside those that are known by their names. All in lower case. */
export interface SecretPlaces {
  readonly headers: readonly string[];
  /** Parameters of a query; also fields of a form and members of JSON. */
  readonly queries: readonly string[];
}

/**
 * Rather one too many: a pseudonym in place of what was no secret changes nothing but that text, a secret in its own place cannot be
 * taken back.
 */
const WORDS =
  /token|secret|passw|passphrase|api[-_.]?key|access[-_.]?key|private[-_.]?key|signature|credential|authoriz|authentic|session|cookie|csrf|xsrf|jwt|assertion|saml/;
const WHOLE_NAMES: ReadonlySet<string> = new Set(
  'auth code key otp pass pin pwd sid sig x-auth x-key x-forwarded-client-cert x-client-cert ssl-client-cert'.split(
    ' ',
  ),
);

export class SecretNames {
  readonly #headers = new Set<string>();
  readonly #queries = new Set<string>();

  /** Takes more places for secret ones from now on. */
  add({ headers, queries }: SecretPlaces): void {
    for (const name of headers) this.#headers.add(oneSpelling(name.toLowerCase()));
    for (const name of queries) this.#queries.add(name.toLowerCase());
  }

  /** @param name in lower case */
  hasHeader(name: string): boolean {
    const spelled = oneSpelling(name);
    return this.#headers.has(spelled) || WHOLE_NAMES.has(spelled) || WORDS.test(spelled);
  }

  hasParameter(name: string): boolean {
    const lower = name.toLowerCase();
    return this.#queries.has(lower) || WHOLE_NAMES.has(lower) || WORDS.test(lower);
  }
}

/** Upstreams that know headers as variables (CGI and its heirs) take both for one. */
function oneSpelling(header: string): string {
  return header.includes('_') ? header.replaceAll('_', '-') : header;
}
