/** What a log tells of people and their credentials leaves the importer as pseudonyms only, as in a recording of the gateway. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { hideSecrets } from '../hide-secrets.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import type { RecordedBody } from '../recorded-exchange.ts';
import type { SecretNames } from '../secret-names.ts';
import type { LoggedRequest } from './log-format.ts';

export class Concealer {
  readonly #pseudonyms: Pseudonyms;
  readonly #names: SecretNames;

  constructor(pseudonyms: Pseudonyms, names: SecretNames) {
    this.#pseudonyms = pseudonyms;
    this.#names = names;
  }

  conceal(request: LoggedRequest): LoggedRequest {
    const mark = request.path.indexOf('?');
    const hidden = hideSecrets(
      {
        path: mark === -1 ? request.path : request.path.slice(0, mark),
        query: mark === -1 ? null : request.path.slice(mark + 1),
        headers: request.headers.flatMap(([name, value]) => [name.toLowerCase(), value]),
        body: textOf(request.body),
      },
      this.#names,
      this.#pseudonyms,
    );
    return {
      ...request,
      path: hidden.path,
      headers: hidden.headers.map(([name, value]) => [
        name,
        name === 'x-forwarded-for' ? this.#addresses(value) : value,
      ]),
      body: bodyFrom(request.body, hidden.body),
      client: request.client === null ? null : this.#client(request.client),
    };
  }

  #addresses(list: string): string {
    return list
      .split(',')
      .map((each) => this.#client(each.trim()))
      .join(', ');
  }

  /** Servers that look up names log those: such a client has an address made from its name. */
  #client(text: string): string | null {
    if (text === '-' || text === '') return null;
    const address = this.#pseudonyms.address(text);
    if (address !== null) return address;
    const digits = /[0-9a-f]{6}/.exec(this.#pseudonyms.of(text).replace(/^[^-]*-/, ''))?.[0] ?? '000000';
    return `10.${[0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)).join('.')}`;
  }
}

/** Null: none, or none that is text. */
function textOf(body: RecordedBody | null): string | null {
  if (body === null || 'bytes' in body) return null;
  if ('text' in body) return body.text;
  const bytes = Buffer.from(body.base64, 'base64');
  return isUtf8(bytes) ? bytes.toString('utf8') : null;
}

/** Where secrets cannot be told from the rest of a body, its size and digest are kept. */
function bodyFrom(body: RecordedBody | null, hidden: string | null): RecordedBody | null {
  if (body === null || 'bytes' in body) return body;
  if (hidden !== null) return { text: hidden };
  const bytes = 'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64');
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
