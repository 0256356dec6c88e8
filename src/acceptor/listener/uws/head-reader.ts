import type { HttpRequest } from '../../../../native-bindings/uws-types.ts';
import type { CompiledListener } from '../../../config/compiled.ts';
import type { ErrorCode } from '../../../errors/table.ts';
import type { RequestHead } from '../downstream.ts';
import { connectionOptions, KIND, kindOfHeader } from '../known-headers.ts';

const COMMON_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const METHOD_TOKEN = /^[A-Z][A-Z0-9_-]{0,31}$/;
const LENGTH = /^[0-9]{1,15}$/;
const NOT_ASCII = /[^\t\x20-\x7e]/;
/** Refused by RFC 9110, section 5.5; uWS stops all of them but DEL. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
/** Bytes of a request line beside method and target, and of a header line beside name and value. */
const REQUEST_LINE_REST = ' '.length + ' HTTP/1.1\r\n'.length;
const HEADER_LINE_REST = ': '.length + '\r\n'.length;

/** What is read: a request as uWS hands it over, or one made to be read like it. */
export type HeadSource = Pick<HttpRequest, 'getCaseSensitiveMethod' | 'getUrl' | 'getQuery' | 'getHeader' | 'forEach'>;

/**
 * Reads request heads out of uWS and checks them again in full, because what uWS accepts as framing must not be trusted:
 * doubled, empty and unknown Content-Length and Transfer-Encoding headers all pass its parser.
 *
 * One reader serves one listener; the fields are the scratch of the head being read, within one turn of the loop.
 */
export class HeadReader {
  readonly #limits: CompiledListener['limits'];
  readonly #chunkedRefused: boolean;
  /** Headers that are the gateway's to write; null: none beside those that always are. */
  readonly #own: ReadonlySet<string> | null;
  readonly #gather: (name: string, value: string) => void;
  #request: HeadSource | null = null;
  readonly #scheme: 'http' | 'https';
  #head: RequestHead;
  #bytes = 0;
  #count = 0;
  #length: string | null = null;
  #coding: string | null = null;
  #connection: string | null = null;
  #expect: string | null = null;

  constructor(listener: CompiledListener) {
    this.#scheme = listener.tls === null ? 'http' : 'https';
    this.#head = emptyHead('', this.#scheme);
    this.#limits = listener.limits;
    this.#own =
      listener.ownHeaders === null ? null : new Set(listener.ownHeaders.map((name) => name.replaceAll('_', '-')));
    this.#chunkedRefused = listener.chunkedRequests === 'reject';
    this.#gather = (name, value) => this.#take(name, value);
  }

  /** Must run inside uWS's handler, while `request` is valid. `fault` of the head is the first thing found wrong with it. */
  read(request: HeadSource, peer: string): RequestHead {
    const head = emptyHead(peer, this.#scheme);
    // In this order: getMethod would lower-case the method in uWS's own buffer.
    head.method = request.getCaseSensitiveMethod();
    head.rawPath = request.getUrl();
    head.query = request.getQuery() ?? null;
    this.#request = request;
    this.#head = head;
    this.#bytes = head.method.length + head.rawPath.length + REQUEST_LINE_REST + '\r\n'.length;
    if (head.query !== null) this.#bytes += head.query.length + 1;
    this.#count = 0;
    this.#length = null;
    this.#coding = null;
    this.#connection = null;
    this.#expect = null;
    request.forEach(this.#gather);
    this.#request = null;
    head.fault ??= this.#check(head);
    return head;
  }

  #take(name: string, raw: string): void {
    const head = this.#head;
    this.#count++;
    this.#bytes += name.length + raw.length + HEADER_LINE_REST;
    const value = NOT_ASCII.test(raw) ? this.#bytesOf(name, raw) : raw;
    switch (kindOfHeader(name)) {
      case KIND.END_TO_END:
        // Also with underscores, which some upstreams take for hyphens.
        if (this.#own?.has(name.replaceAll('_', '-'))) return;
        head.headers.push(name, value);
        return;
      case KIND.HOST:
        head.rawHost = value;
        return;
      case KIND.CONTENT_LENGTH:
        if (this.#length !== null) head.fault ??= 'request_framing_invalid';
        this.#length = value;
        return;
      case KIND.TRANSFER_ENCODING:
        if (this.#coding !== null) head.fault ??= 'request_framing_invalid';
        this.#coding = value;
        return;
      case KIND.CONNECTION:
        this.#connection = joined(this.#connection, value);
        return;
      case KIND.EXPECT:
        this.#expect = joined(this.#expect, value);
        return;
      case KIND.FORWARDED_FOR:
        head.forwardedFor = joined(head.forwardedFor, value);
        return;
      case KIND.FORWARDED_PROTO:
        head.forwardedProto = joined(head.forwardedProto, value);
        return;
      case KIND.FORWARDED_HOST:
        head.forwardedHost = joined(head.forwardedHost, value);
        return;
      case KIND.VIA:
        head.via = joined(head.via, value);
        return;
      case KIND.REQUEST_ID:
        head.requestId = value;
        return;
      case KIND.DROPPED:
        return;
    }
  }

  /** uWS decodes values as UTF-8; on the wire they are bytes. Gives them back as latin1, one character a byte. */
  #bytesOf(name: string, decoded: string): string {
    if (!decoded.includes('\ufffd')) return this.#checked(Buffer.from(decoded, 'utf8').toString('latin1'));
    // Not UTF-8: only getHeader hands out the bytes, and only those of the first line with this name.
    if (hasHeader(this.#head, name)) this.#head.fault ??= 'request_malformed';
    return this.#checked(this.#request!.getHeader(name));
  }

  /** What is neither printable ASCII nor beyond it has no place in a head, whoever reads it next. */
  #checked(value: string): string {
    if (CONTROL.test(value)) this.#head.fault ??= 'request_malformed';
    return value;
  }

  #check(head: RequestHead): ErrorCode | null {
    if (!COMMON_METHODS.has(head.method) && !METHOD_TOKEN.test(head.method)) return 'request_malformed';
    if (this.#bytes > this.#limits.headerBytes || this.#count > this.#limits.headerCount)
      return 'request_header_too_large';
    return this.#checkFraming(head) ?? this.#checkExpect() ?? this.#applyConnection(head);
  }

  #checkFraming(head: RequestHead): ErrorCode | null {
    if (this.#coding !== null) {
      if (this.#length !== null || this.#coding.toLowerCase() !== 'chunked') return 'request_framing_invalid';
      head.contentLength = -1;
      return this.#chunkedRefused ? 'chunked_refused' : null;
    }
    if (this.#length === null) return null;
    if (!LENGTH.test(this.#length)) return 'request_framing_invalid';
    head.contentLength = Number(this.#length);
    return head.contentLength > this.#limits.bodyBytes ? 'request_body_too_large' : null;
  }

  /** uWS has sent `100 Continue` by itself by now; anything else expected cannot be met (RFC 9110, section 10.1.1). */
  #checkExpect(): ErrorCode | null {
    return this.#expect === null || this.#expect.toLowerCase() === '100-continue' ? null : 'expectation_failed';
  }

  #applyConnection(head: RequestHead): ErrorCode | null {
    if (this.#connection === null || this.#connection === 'keep-alive') return null;
    const options = connectionOptions(this.#connection);
    if (options === null) return 'request_malformed';
    head.wantsClose = options.includes('close');
    for (const name of options) removeHeader(head, name);
    return null;
  }
}

function emptyHead(peer: string, scheme: 'http' | 'https'): RequestHead {
  return {
    fault: null,
    method: '',
    rawPath: '',
    query: null,
    peer,
    scheme,
    rawHost: '',
    headers: [],
    contentLength: 0,
    clientCertificate: null,
    wantsClose: false,
    forwardedFor: null,
    forwardedProto: null,
    forwardedHost: null,
    via: null,
    requestId: null,
  };
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}

function removeHeader(head: RequestHead, name: string): void {
  const { headers } = head;
  for (let i = headers.length - 2; i >= 0; i -= 2) if (headers[i] === name) headers.splice(i, 2);
}

function hasHeader({ headers }: RequestHead, name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return true;
  return false;
}
