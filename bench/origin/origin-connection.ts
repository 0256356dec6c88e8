import type { Socket } from 'node:net';
import { BODY, BodyDecoder } from '../../src/acceptor/upstream/body-decoder.ts';
import { type ConnectionOptions, readConnectionOptions } from '../../src/acceptor/upstream/connection-options.ts';
import { type DeclaredFraming, readFraming } from '../../src/acceptor/upstream/framing.ts';
import { HeaderLines, INCOMPLETE } from '../../src/acceptor/upstream/header-lines.ts';
import { spells } from '../../src/acceptor/upstream/octets.ts';
import { ANSWER_HEADER, EXTRA_HEADER } from './answer-header.ts';
import { FILLER, type PreparedAnswer, prepareAnswer, prepareNotModified, refusal } from './prepared-answer.ts';

const MAX_HEAD_BYTES = 64 * 1024;
const IF_NONE_MATCH = 'if-none-match';
const NO_BYTES = Buffer.alloc(0);
const MALFORMED = refusal('The request is malformed.');

/*
 *   HEAD ---> IN_BODY: read and dropped ---> DELAYED ---> WRITING: as fast as it is read ---> HEAD
 */
const HEAD = 0;
const IN_BODY = 1;
const DELAYED = 2;
const WRITING = 3;

/** One connection from a gateway. What arrives while a request is answered waits, and the socket is not read. */
export class OriginConnection {
  readonly #socket: Socket;
  readonly #lines = new HeaderLines();
  readonly #framing: DeclaredFraming = { contentLength: -1, coding: null };
  readonly #options: ConnectionOptions = { close: false, keepAlive: false, idleHintMs: -1 };
  readonly #decoder = new BodyDecoder();
  #state = HEAD;
  /** What was read and not looked at yet. */
  #rest: Buffer = NO_BYTES;
  #answer: PreparedAnswer = MALFORMED;
  #isHead = false;
  #closes = false;
  #bytesLeft = 0;
  #delay: NodeJS.Timeout | null = null;

  constructor(socket: Socket) {
    this.#socket = socket
      .on('data', (bytes: Buffer) => this.#onBytes(bytes))
      .on('drain', () => this.#writeBody())
      // A gateway that goes away is its own business.
      .on('error', () => {})
      .on('close', () => {
        if (this.#delay !== null) clearTimeout(this.#delay);
      });
  }

  #onBytes(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#state >= DELAYED) this.#socket.pause();
    else this.#advance();
  }

  #advance(): void {
    while (this.#state < DELAYED && (this.#rest.length > 0 || this.#state === IN_BODY)) {
      const isThrough = this.#state === HEAD ? this.#readHead() : this.#dropBody();
      if (!isThrough) return;
    }
  }

  /** @returns false: more bytes are needed */
  #readHead(): boolean {
    const bytes = this.#rest;
    const lineEnd = bytes.indexOf('\r\n');
    const end = lineEnd === -1 ? INCOMPLETE : this.#lines.parse(bytes, lineEnd + 2, bytes.length);
    if (end === INCOMPLETE && bytes.length < MAX_HEAD_BYTES) return false;
    if (end < 0 || !readFraming(bytes, this.#lines, this.#framing)) {
      this.#refuse();
      return true;
    }
    readConnectionOptions(bytes, this.#lines, this.#options);
    this.#isHead = spells(bytes, 0, 5, 'head ');
    // HTTP/1.0 knows when the answer ends by the end of the connection.
    this.#closes = this.#options.close || bytes[lineEnd - 1] === 0x30;
    this.#answer = this.#findAnswer(bytes);
    this.#rest = bytes.subarray(end);
    const { coding, contentLength } = this.#framing;
    this.#decoder.reset(coding === null ? 'length' : 'chunked', Math.max(0, contentLength));
    this.#state = IN_BODY;
    return true;
  }

  #refuse(): void {
    this.#answer = MALFORMED;
    this.#isHead = false;
    this.#closes = true;
    this.#rest = NO_BYTES;
    this.#beginAnswer();
  }

  #findAnswer(bytes: Buffer): PreparedAnswer {
    const lines = this.#lines;
    let wish = '';
    let extraLines = '';
    let ifNoneMatch: string | null = null;
    for (let i = 0; i < lines.count; i++) {
      // All names that matter are of nearly the same length, which few others are.
      const length = lines.nameEnd(i) - lines.nameStart(i);
      if (length !== ANSWER_HEADER.length && length !== IF_NONE_MATCH.length) continue;
      if (this.#isNamed(bytes, i, ANSWER_HEADER)) wish = this.#value(bytes, i);
      else if (this.#isNamed(bytes, i, EXTRA_HEADER)) extraLines += `${this.#value(bytes, i)}\r\n`;
      else if (this.#isNamed(bytes, i, IF_NONE_MATCH)) ifNoneMatch = this.#value(bytes, i);
    }
    const answer = prepareAnswer(wish, extraLines);
    const isKnown = ifNoneMatch !== null && ifNoneMatch === answer.etag;
    return isKnown ? prepareNotModified(answer, extraLines) : answer;
  }

  #isNamed(bytes: Buffer, index: number, lowerCase: string): boolean {
    return spells(bytes, this.#lines.nameStart(index), this.#lines.nameEnd(index), lowerCase);
  }

  #value(bytes: Buffer, index: number): string {
    return bytes.toString('latin1', this.#lines.valueStart(index), this.#lines.valueEnd(index));
  }

  /** @returns false: more bytes are needed */
  #dropBody(): boolean {
    const bytes = this.#rest;
    let at = 0;
    do at = this.#decoder.next(bytes, at, bytes.length);
    while (this.#decoder.event === BODY.piece);
    this.#rest = at === bytes.length ? NO_BYTES : bytes.subarray(at);
    if (this.#decoder.event === BODY.more) return false;
    if (this.#decoder.event === BODY.broken) this.#refuse();
    else this.#beginAnswer();
    return true;
  }

  #beginAnswer(): void {
    this.#state = DELAYED;
    const { delayMs } = this.#answer;
    if (delayMs === 0) this.#writeAnswer();
    else this.#delay = setTimeout(() => this.#writeAnswer(), delayMs);
  }

  #writeAnswer(): void {
    const { head, whole, bytes } = this.#answer;
    this.#state = WRITING;
    this.#bytesLeft = this.#isHead || whole !== null ? 0 : bytes;
    this.#socket.write(this.#isHead || whole === null ? head : whole);
    this.#writeBody();
  }

  /** A piece at a time: the socket asks for the next with `drain`. */
  #writeBody(): void {
    if (this.#state !== WRITING) return;
    while (!this.#socket.writableNeedDrain) {
      if (this.#bytesLeft === 0) {
        this.#endAnswer();
        return;
      }
      const piece = this.#bytesLeft < FILLER.length ? FILLER.subarray(0, this.#bytesLeft) : FILLER;
      this.#bytesLeft -= piece.length;
      this.#socket.write(piece);
    }
  }

  #endAnswer(): void {
    this.#state = HEAD;
    if (this.#closes) {
      this.#socket.end();
      return;
    }
    this.#socket.resume();
    if (this.#rest.length > 0) setImmediate(() => this.#advance());
  }
}
