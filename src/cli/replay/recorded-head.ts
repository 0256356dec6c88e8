import type { HeadSource } from '../../acceptor/listener/uws/head-reader.ts';
import type { RecordedExchange } from '../../recording/recorded-exchange.ts';

/** How much of a request's body a recording holds; null: only how long it was. */
export function recordedBody({ body }: RecordedExchange): Buffer | null {
  if (body === null) return NO_BYTES;
  if ('text' in body) return Buffer.from(body.text, 'utf8');
  if ('base64' in body) return Buffer.from(body.base64, 'base64');
  return body.bytes === 0 ? NO_BYTES : null;
}

const NO_BYTES = Buffer.alloc(0);
const LEFT_OUT: ReadonlySet<string> = new Set(['host', 'x-forwarded-for', 'x-forwarded-proto']);

/**
 * The head of a recorded request in the form in which uWS hands one over, so that the very reader of heads reads it. Framing is
 * that of the recorded body, and what trusted proxies said of client and scheme is left out: a recording has both as the gateway
 * came to know them.
 */
export class RecordedHead implements HeadSource {
  readonly #exchange: RecordedExchange;
  readonly #rawPath: string;
  readonly #query: string | undefined;
  /** Lower-case names and values alternate. */
  readonly #lines: string[];

  constructor(exchange: RecordedExchange) {
    const { path, host, headers } = exchange;
    const mark = path.indexOf('?');
    this.#exchange = exchange;
    this.#rawPath = mark === -1 ? path : path.slice(0, mark);
    this.#query = mark === -1 ? undefined : path.slice(mark + 1);
    this.#lines = ['host', host];
    let isFramed = false;
    for (let i = 0; i < headers.length; i++) {
      const [given, value] = headers[i]!;
      const name = given.toLowerCase();
      if (LEFT_OUT.has(name)) continue;
      if (name === 'content-length' || name === 'transfer-encoding') isFramed = true;
      this.#lines.push(name, value.trim());
    }
    const length = isFramed ? 0 : lengthOf(exchange);
    if (length > 0) this.#lines.push('content-length', String(length));
  }

  getCaseSensitiveMethod(): string {
    return this.#exchange.method;
  }

  getUrl(): string {
    return this.#rawPath;
  }

  getQuery(): string | undefined {
    return this.#query;
  }

  getHeader(name: string): string {
    const lines = this.#lines;
    for (let i = 0; i < lines.length; i += 2) if (lines[i] === name) return lines[i + 1]!;
    return '';
  }

  forEach(visit: (name: string, value: string) => void): void {
    const lines = this.#lines;
    for (let i = 0; i < lines.length; i += 2) visit(lines[i]!, lines[i + 1]!);
  }
}

function lengthOf(exchange: RecordedExchange): number {
  const { body } = exchange;
  if (body === null) return 0;
  return 'bytes' in body ? body.bytes : recordedBody(exchange)!.length;
}
