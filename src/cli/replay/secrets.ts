import { readFileSync } from 'node:fs';
import type { RecordedExchange } from '../../recording/recorded-exchange.ts';

const PREFIX = 'pseudonym-';
const PSEUDONYM = /^pseudonym-[0-9a-f]{32}$/;
const PSEUDONYMS = /pseudonym-[0-9a-f]{32}/g;
/** What no header can carry. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/** Whether a text stands in a recording for a secret: see recording/pseudonyms.ts. */
export function isPseudonym(text: string): boolean {
  return PSEUDONYM.test(text);
}

/** Whether any header or the target of a request holds one. */
export function holdsPseudonym({ path, headers }: RecordedExchange): boolean {
  if (path.includes(PREFIX)) return true;
  for (let i = 0; i < headers.length; i++) if (headers[i]![1].includes(PREFIX)) return true;
  return false;
}

/** Test credentials that take the place of pseudonyms. */
export class Secrets {
  /** By pseudonym. */
  readonly #secrets: ReadonlyMap<string, string>;

  constructor(secrets: ReadonlyMap<string, string>) {
    this.#secrets = secrets;
  }

  /**
   * Reads a JSON object of pseudonyms and what they stand for.
   *
   * @throws Error whose message says what is wrong, and quotes no value
   */
  static read(path: string): Secrets {
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new Error(error instanceof SyntaxError ? `${path} is not JSON` : (error as Error).message);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error(`${path}: expected an object {"pseudonym-...": "credential"}`);
    const entries = Object.entries(value).map(([pseudonym, secret]: [string, unknown]): [string, string] => {
      if (!isPseudonym(pseudonym))
        throw new Error(`${path}: a name is no pseudonym, expected pseudonym- and 32 digits`);
      if (typeof secret !== 'string' || secret === '' || CONTROL.test(secret))
        throw new Error(`${path}: ${pseudonym} does not stand for a text that a header can carry`);
      return [pseudonym, secret];
    });
    return new Secrets(new Map(entries));
  }

  /** The request with credentials in place of the pseudonyms that are known. */
  reveal(exchange: RecordedExchange): RecordedExchange {
    if (this.#secrets.size === 0) return exchange;
    const path = exchange.path.replace(PSEUDONYMS, (text) => {
      const secret = this.#secrets.get(text);
      return secret === undefined ? text : encodeURIComponent(secret);
    });
    const headers = exchange.headers.map(([name, value]): [string, string] => [
      name,
      value.replace(PSEUDONYMS, (text) => this.#secrets.get(text) ?? text),
    ]);
    return { ...exchange, path, headers };
  }

  /** A text to be shown, with pseudonyms in place of credentials again. */
  hide(text: string): string {
    let hidden = text;
    for (const [pseudonym, secret] of this.#secrets) {
      hidden = hidden.replaceAll(secret, pseudonym).replaceAll(encodeURIComponent(secret), pseudonym);
    }
    return hidden;
  }
}
