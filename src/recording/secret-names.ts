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
  /token|secret|passw|passphrase|passcode|(?:api|access|private|auth|shared|master)[-_.]?key|(?:auth|device|access|login|mfa)[-_.]?code|signature|credential|authoriz|authentic|sess(?:ion|id|key)|cookie|csrf|xsrf|jwt|bearer|hmac|verifier|assertion|saml/;
/** Words that say so only where they stand for themselves, as in `x-auth-key`, `user_pass` or `pin[0]`. */
const PARTS = /(?:^|[^a-z])(?:auth|key|otp|totp|pass|pin|pw|pwd|sess|sid|sig|ticket)(?![a-z])/;
const WHOLE_NAMES: ReadonlySet<string> = new Set(
  'code x-code x-forwarded-client-cert x-client-cert ssl-client-cert'.split(' '),
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
    return this.#headers.has(spelled) || speaksOfSecret(spelled);
  }

  hasParameter(name: string): boolean {
    const lower = name.toLowerCase();
    // Where a capital begins a word, as in `clientKey`.
    const inWords = lower === name ? lower : name.replace(/([a-z])(?=[A-Z])/g, '$1-').toLowerCase();
    return this.#queries.has(lower) || speaksOfSecret(lower) || (inWords !== lower && PARTS.test(inWords));
  }
}

/** @param name in lower case */
function speaksOfSecret(name: string): boolean {
  return WHOLE_NAMES.has(name) || WORDS.test(name) || PARTS.test(name);
}

/** Upstreams that know headers as variables (CGI and its heirs) take both for one. */
function oneSpelling(header: string): string {
  return header.includes('_') ? header.replaceAll('_', '-') : header;
}
